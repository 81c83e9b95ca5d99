#!/bin/sh
# Makes what compose.yaml needs and is not there: secrets, a certificate, the key that Prometheus reads metrics with.
# FACEVEC_NAME is the host name at which people reach the service.
set -eu
cd "$(dirname "$0")"
: "${FACEVEC_NAME:?set it to the host name at which people reach facevec}"
umask 077
mkdir -p secrets

# A container's user reads its secret through a mount of the file alone; nobody else enters the folder.
# What comes to nothing is no secret: it is made again next time.
keep() {
    [ -s "secrets/$1" ] && return
    rm -f "secrets/$1"
    cat > "secrets/.$1"
    [ -s "secrets/.$1" ]
    chmod 444 "secrets/.$1"
    mv "secrets/.$1" "secrets/$1"
}

word() {
    head -c 32 /dev/urandom | base64 | tr -dc 'A-Za-z0-9'
}

word | keep database_password
printf 'postgresql://facevec:%s@postgres/facevec' "$(cat secrets/database_password)" | keep database_url
word | keep integrity_key
word | keep grafana_password

if ! [ -s secrets/tls_certificate ]; then
    echo "A certificate of its own for $FACEVEC_NAME, for a try: put one that browsers know into secrets/." >&2
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 90 \
        -subj "/CN=$FACEVEC_NAME" -addext "subjectAltName=DNS:$FACEVEC_NAME" \
        -keyout secrets/tls_key -out secrets/tls_certificate 2> /dev/null
    chmod 444 secrets/tls_key secrets/tls_certificate
fi

if [ "${1-}" = --secrets-only ]; then
    exit
fi
if ! [ -s secrets/metrics_key ]; then
    docker compose build facevec
    # Beside the service, whose address may be taken.
    docker compose run --rm nightly 'facevec key create prometheus --scope recognize' | keep metrics_key
fi
echo "Now: docker compose up --detach --wait" >&2
