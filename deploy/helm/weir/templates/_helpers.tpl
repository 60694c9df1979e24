{{/* Names. 40 characters leave room for the suffixes and for the hash that a StatefulSet puts behind its own. */}}
{{- define "weir.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "weir.headless" -}}{{ include "weir.fullname" . }}-replicas{{- end -}}

{{- define "weir.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "weir.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* What picks the pods of the servers: it may never change for a StatefulSet that is there. */}}
{{- define "weir.selectorLabels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: server
{{- end -}}

{{/* Of all objects; `component` is the argument. */}}
{{- define "weir.labels" -}}
{{- $root := .root -}}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/name: {{ default $root.Chart.Name $root.Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: weir
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "weir.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}
{{- end -}}

{{/* What a schema can't say, as it is about several values at once. */}}
{{- define "weir.validate" -}}
{{- $v := .Values -}}
{{- if not $v.kafka.brokers -}}
{{- if gt (int $v.replicaCount) 1 -}}
{{- fail "replicaCount: more than one replica needs kafka.brokers: the embedded log belongs to one process" -}}
{{- end -}}
{{- if $v.autoscaling.enabled -}}
{{- fail "autoscaling.enabled: it needs kafka.brokers: the embedded log belongs to one process" -}}
{{- end -}}
{{- end -}}
{{- if and $v.autoscaling.enabled (not $v.metrics.enabled) -}}
{{- fail "autoscaling.enabled: it goes by the lag that Prometheus has read: set metrics.enabled" -}}
{{- end -}}
{{- if and $v.autoscaling.enabled (gt (int $v.autoscaling.minReplicas) (int $v.autoscaling.maxReplicas)) -}}
{{- fail "autoscaling.minReplicas: it is above autoscaling.maxReplicas" -}}
{{- end -}}
{{- if and $v.tls.enabled (not $v.tls.secretName) -}}
{{- fail "tls.secretName: name the Secret with the certificate of the server, or unset tls.enabled" -}}
{{- end -}}
{{- if and (not $v.tls.enabled) $v.tls.clientCaSecret.name -}}
{{- fail "tls.clientCaSecret.name: certificates of clients need tls.enabled" -}}
{{- end -}}
{{- if and (not $v.tls.enabled) $v.tls.peerCaSecret.name -}}
{{- fail "tls.peerCaSecret.name: certificates of replicas need tls.enabled" -}}
{{- end -}}
{{- if and (not $v.kafka.tls.enabled) (or $v.kafka.tls.caSecret.name $v.kafka.tls.clientSecret.name) -}}
{{- fail "kafka.tls: a Secret is named, and kafka.tls.enabled is false" -}}
{{- end -}}
{{- if ne $v.kafka.sasl.mechanism "none" -}}
{{- if not $v.kafka.sasl.passwordSecret.name -}}
{{- fail (printf "kafka.sasl.passwordSecret.name: %s needs a Secret with its password or token" $v.kafka.sasl.mechanism) -}}
{{- end -}}
{{- if and (ne $v.kafka.sasl.mechanism "OAUTHBEARER") (not $v.kafka.sasl.username) -}}
{{- fail (printf "kafka.sasl.username: %s needs a user" $v.kafka.sasl.mechanism) -}}
{{- end -}}
{{- end -}}
{{- if gt (int $v.shutdown.graceMs) (int $v.shutdown.forceMs) -}}
{{- fail "shutdown.graceMs: it is above shutdown.forceMs, when the server stops waiting" -}}
{{- end -}}
{{- $needed := add $v.shutdown.preStopSeconds (div (add $v.shutdown.forceMs 999) 1000) 10 -}}
{{- if lt (int $v.terminationGracePeriodSeconds) (int $needed) -}}
{{- fail (printf "terminationGracePeriodSeconds: %d s would kill a server that drains; preStopSeconds, forceMs and ten seconds for its checkpoint are %d s" (int $v.terminationGracePeriodSeconds) (int $needed)) -}}
{{- end -}}
{{- end -}}

{{/* A whole number: Helm has them as floats, which it writes as 4.194304e+06. */}}
{{- define "weir.text" -}}
{{- if kindIs "float64" . }}{{ int64 . }}{{ else }}{{ . }}{{ end -}}
{{- end -}}

{{/* Files of Secrets, below /etc/weir/secrets: sources of one volume, which follows the Secrets as they change. */}}
{{- define "weir.secretSources" -}}
{{- with .Values.kafka.tls.caSecret }}{{ if .name }}
- secret: { name: {{ .name }}, items: [{ key: {{ .key | quote }}, path: kafka/ca.crt }] }
{{- end }}{{ end }}
{{- with .Values.kafka.tls.clientSecret }}{{ if .name }}
- secret:
    name: {{ .name }}
    items: [{ key: {{ .certKey | quote }}, path: kafka/tls.crt }, { key: {{ .keyKey | quote }}, path: kafka/tls.key }]
{{- end }}{{ end }}
{{- with .Values.kafka.sasl.passwordSecret }}{{ if .name }}
- secret: { name: {{ .name }}, items: [{ key: {{ .key | quote }}, path: kafka/password }] }
{{- end }}{{ end }}
{{- with .Values.schemaRegistry.passwordSecret }}{{ if .name }}
- secret: { name: {{ .name }}, items: [{ key: {{ .key | quote }}, path: schema-registry/password }] }
{{- end }}{{ end }}
{{- with .Values.tls }}{{ if .enabled }}
- secret:
    name: {{ .secretName }}
    items: [{ key: {{ .certKey | quote }}, path: server/tls.crt }, { key: {{ .keyKey | quote }}, path: server/tls.key }]
{{- with .clientCaSecret }}{{ if .name }}
- secret: { name: {{ .name }}, items: [{ key: {{ .key | quote }}, path: server/clients.crt }] }
{{- end }}{{ end }}
{{- with .peerCaSecret }}{{ if .name }}
- secret: { name: {{ .name }}, items: [{ key: {{ .key | quote }}, path: server/peers.crt }] }
{{- end }}{{ end }}
{{- end }}{{ end }}
{{- with .Values.auth.tokensSecret }}{{ if .name }}
- secret: { name: {{ .name }}, items: [{ key: {{ .key | quote }}, path: server/tokens }] }
{{- end }}{{ end }}
{{- with .Values.auth.peerTokenSecret }}{{ if .name }}
- secret: { name: {{ .name }}, items: [{ key: {{ .key | quote }}, path: server/peer-token }] }
{{- end }}{{ end }}
{{- end -}}

{{/* Variables of the server. Secrets are files: a variable is seen by whoever may describe the pod. */}}
{{- define "weir.env" -}}
{{- $v := .Values -}}
{{- $files := "/etc/weir/secrets" -}}
- name: WEIR_REPLICA_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: WEIR_LISTEN
  value: {{ printf "%s:7878" $v.listenHost | quote }}
- name: WEIR_DATA_DIRECTORY
  value: /data/weir
- name: WEIR_SHUTDOWN_GRACE_MS
  value: {{ int64 $v.shutdown.graceMs | quote }}
- name: WEIR_SHUTDOWN_FORCE_MS
  value: {{ int64 $v.shutdown.forceMs | quote }}
{{- if $v.metrics.enabled }}
- name: WEIR_METRICS_LISTEN
  value: {{ printf "%s:%d" $v.listenHost (int $v.metrics.port) | quote }}
{{- end }}
{{- with $v.kafka }}
{{- if .brokers }}
- name: WEIR_ADVERTISE
  value: "$(WEIR_REPLICA_NAME).{{ include "weir.headless" $ }}.{{ $.Release.Namespace }}.svc.{{ $v.clusterDomain }}:7878"
- name: WEIR_KAFKA
  value: {{ .brokers | quote }}
- name: WEIR_KAFKA_PREFIX
  value: {{ .prefix | quote }}
- name: WEIR_KAFKA_REPLICATION_FACTOR
  value: {{ int .replicationFactor | quote }}
- name: WEIR_KAFKA_COMPRESSION
  value: {{ .compression }}
{{- if .tls.enabled }}
- name: WEIR_KAFKA_TLS
  value: "true"
{{- if .tls.caSecret.name }}
- name: WEIR_KAFKA_CA_FILE
  value: {{ $files }}/kafka/ca.crt
{{- end }}
{{- if .tls.clientSecret.name }}
- name: WEIR_KAFKA_CERT_FILE
  value: {{ $files }}/kafka/tls.crt
- name: WEIR_KAFKA_KEY_FILE
  value: {{ $files }}/kafka/tls.key
{{- end }}
{{- end }}
{{- if ne .sasl.mechanism "none" }}
- name: WEIR_KAFKA_SASL_MECHANISM
  value: {{ .sasl.mechanism }}
- name: WEIR_KAFKA_SASL_USERNAME
  value: {{ .sasl.username | quote }}
- name: WEIR_KAFKA_SASL_PASSWORD_FILE
  value: {{ $files }}/kafka/password
{{- end }}
{{- end }}
{{- end }}
{{- with $v.schemaRegistry }}
{{- if .url }}
- name: WEIR_SCHEMA_REGISTRY_URL
  value: {{ .url | quote }}
- name: WEIR_SCHEMA_REGISTRY_USER
  value: {{ .user | quote }}
{{- if .passwordSecret.name }}
- name: WEIR_SCHEMA_REGISTRY_PASSWORD
  value: "${file:{{ $files }}/schema-registry/password}"
{{- end }}
{{- end }}
{{- end }}
{{- if $v.tls.enabled }}
- name: WEIR_TLS_CERT_FILE
  value: {{ $files }}/server/tls.crt
- name: WEIR_TLS_KEY_FILE
  value: {{ $files }}/server/tls.key
{{- if $v.tls.clientCaSecret.name }}
- name: WEIR_TLS_CLIENT_CA_FILE
  value: {{ $files }}/server/clients.crt
{{- end }}
{{- if $v.tls.peerCaSecret.name }}
- name: WEIR_PEER_CA_FILE
  value: {{ $files }}/server/peers.crt
{{- end }}
{{- end }}
{{- if $v.auth.tokensSecret.name }}
- name: WEIR_AUTH_TOKENS_FILE
  value: {{ $files }}/server/tokens
{{- end }}
{{- /* Without both the server starts only where it is told that the network guards it: the NetworkPolicy does. */}}
{{- if not (and $v.tls.enabled $v.auth.tokensSecret.name) }}
- name: WEIR_INSECURE
  value: "true"
{{- end }}
{{- if $v.auth.peerTokenSecret.name }}
- name: WEIR_PEER_TOKEN_FILE
  value: {{ $files }}/server/peer-token
{{- end }}
{{- range $name, $value := $v.settings }}
- name: WEIR_{{ snakecase $name | upper }}
  value: {{ include "weir.text" $value | quote }}
{{- end }}
{{- with $v.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/*
One probe: how it asks and how often. The kubelet speaks gRPC without TLS only; with it the container asks itself, by
the certificate of the server where clients must show one.
*/}}
{{- define "weir.probe" -}}
{{- if .root.Values.tls.enabled -}}
exec:
  command:
    - weir
    - health
    - --server=127.0.0.1:7878
    - --tls
    - --tls-cert-file=/etc/weir/secrets/server/tls.crt
    - --tls-key-file=/etc/weir/secrets/server/tls.key
    {{- with .service }}
    - --service={{ . }}
    {{- end }}
{{- else -}}
grpc:
  port: 7878
  {{- with .service }}
  service: {{ . }}
  {{- end }}
{{- end }}
{{ toYaml .often }}
{{- end -}}
