#!/bin/sh
# Enrol somebody, or add photos to them.   enrol.sh E-1815 "Ada Lovelace" ada1.jpg ada2.jpg
#
# Sending the same id again adds what is new, so that this may be repeated. Variables as for recognize.sh.
set -eu

id=$1 name=$2
shift 2
for photo in "$@"; do
    set -- "$@" -F "files=@$photo"
    shift
done
curl --silent --show-error --fail-with-body --retry 3 -H "@$FACEVEC_API_KEY_FILE" \
    -F "external_id=$id" -F "name=$name" "$@" "$FACEVEC_SERVICE/api/v1/workers"
