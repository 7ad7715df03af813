{{- define "secrets-inject.name" -}}
{{- .Release.Name | trunc 53 | trimSuffix "-" -}}
{{- end -}}

{{- define "secrets-inject.selector" -}}
app.kubernetes.io/name: secrets-inject
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: webhook
{{- end -}}

{{- define "secrets-inject.labels" -}}
{{ include "secrets-inject.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- /* Name of the Secret that holds the webhook's own authority and certificate. */ -}}
{{- define "secrets-inject.tlsSecret" -}}
{{- if eq .Values.certificate.source "mounted" -}}
{{- required "certificate.source is mounted: give the name of the TLS Secret in certificate.secretName" .Values.certificate.secretName -}}
{{- else -}}
{{- printf "%s-tls" (include "secrets-inject.name" .) -}}
{{- end -}}
{{- end -}}

{{- /* What the chart knows better than whoever writes the values. */ -}}
{{- define "secrets-inject.config" -}}
{{- $name := include "secrets-inject.name" . -}}
{{- $tls := dict "source" .Values.certificate.source "namespace" .Release.Namespace "service" $name
      "secret" (include "secrets-inject.tlsSecret" .) "webhookConfigurations" (list $name) -}}
{{- $own := dict "listen" (dict "https" 8443 "http" 8080) "tls" $tls
      "agent" (dict "image" .Values.images.agent "imagePullPolicy" .Values.images.pullPolicy) -}}
{{- mergeOverwrite (deepCopy .Values.config) $own | toYaml -}}
{{- end -}}
