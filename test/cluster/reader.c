/*
 * Reads a volume of secrets as fast as it can, and tells what it saw:
 *   reader pinned <root> <seconds> <file> …    resolves ..data once a round, and reads every file from there
 *   reader by-path <root> <seconds> <file> …   opens every file by its path
 * A file begins and ends with the eight digits of its generation. Of one round from a pinned set all files are of one
 * generation. No file is ever missing or cut short, and none goes back. Every second: how much was read. 0 seconds:
 * for ever.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { DIGITS = 8, MAX_FILES = 16, TOLD_FAULTS = 20 };

static char content[1 << 20];
static long faults, rounds, sets;
static long latest[MAX_FILES];

static void fault(const char *file, const char *what) {
  if (++faults <= TOLD_FAULTS) printf("fault: %s: %s\n", file, what);
}

/* The generation of a whole file, else -1. */
static long read_file(int folder, const char *file) {
  size_t size = 0;
  ssize_t got;
  const int fd = openat(folder, file, O_RDONLY);
  if (fd < 0) return fault(file, strerror(errno)), -1;
  while ((got = read(fd, content + size, sizeof content - size)) > 0) size += (size_t)got;
  close(fd);
  if (size < 2 * DIGITS || memcmp(content, content + size - DIGITS, DIGITS) != 0) return fault(file, "cut short"), -1;
  content[DIGITS] = '\0';
  return atol(content);
}

static void read_round(int folder, char **files, int count, int is_one_set) {
  long first = -1;
  for (int i = 0; i < count; i++) {
    const long generation = read_file(folder, files[i]);
    if (generation < 0) continue;
    if (i == 0) first = generation;
    if (is_one_set && generation != first) fault(files[i], "a mixture");
    if (generation < latest[i]) fault(files[i], "went back");
    if (i == count - 1 && generation > latest[i]) sets++, printf("set %ld\n", generation);
    latest[i] = generation;
  }
  rounds++;
}

int main(int argc, char **argv) {
  if (argc < 5 || argc - 4 > MAX_FILES) return 64;
  const int pinned = strcmp(argv[1], "pinned") == 0;
  const time_t start = time(NULL);
  time_t told = start;
  const int root = open(argv[2], O_RDONLY | O_DIRECTORY);
  const long seconds = atol(argv[3]);
  setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
  while (seconds == 0 || told - start < seconds) {
    const int folder = pinned ? openat(root, "..data", O_RDONLY | O_DIRECTORY) : root;
    read_round(folder, argv + 4, argc - 4, pinned);
    if (pinned) close(folder);
    if (time(NULL) == told) continue;
    told = time(NULL);
    printf("rounds %ld sets %ld faults %ld\n", rounds, sets, faults);
  }
  return faults > 0;
}
