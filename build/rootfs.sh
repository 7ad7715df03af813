# Run in a build stage as root. Lays out all that an image holds: Node with its shared libraries, one bundle, and a user. No shell, no package manager.
#   sh build/rootfs.sh <webhook|agent> <folder>
set -eu
room=$1
root=$2
uid=65532

node=$(node -p process.execPath)
mkdir -p "$root/usr/local/bin" "$root/etc"
cp "$node" "$root/usr/local/bin/node"
ldd "$node" | grep -o '/[^ ]*' | xargs -I{} cp --dereference --parents {} "$root"
echo "nonroot:x:$uid:$uid::/:/none" >"$root/etc/passwd"
echo "nonroot:x:$uid:" >"$root/etc/group"
# What a Pod's hostAliases say comes before DNS.
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"

cp -r "dist/$room" "/$room"
node build/compile-cache.ts "/$room" "$uid"
cp -r "/$room" "$root/$room"
if [ "$room" = agent ]; then
  gcc -std=c11 -O2 -static -s -Wall -Wextra -Werror -o "$root/usr/local/bin/launcher" agent/launcher/*.c
fi
chmod -R u=rwX,go=rX "$root"
