{{- define "aileron.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 52 }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "aileron.labels" -}}
app.kubernetes.io/name: aileron
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "aileron.selector" -}}
app.kubernetes.io/name: aileron
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "aileron.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* The bucket of the door, where no other is given. */}}
{{- define "aileron.ownStore" -}}
{{- if not .Values.objects.uri }}true{{ end }}
{{- end }}

{{/* The secret with the object store's keys. */}}
{{- define "aileron.objectsSecret" -}}
{{- if .Values.objects.existingSecret }}{{ .Values.objects.existingSecret }}{{ else if include "aileron.ownStore" . }}{{ include "aileron.name" . }}-objects{{ end }}
{{- end }}

{{- define "aileron.securityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "aileron.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: {type: RuntimeDefault}
{{- end }}
