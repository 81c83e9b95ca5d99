#!/bin/sh
# Who is in a picture?  recognize.sh party.jpg [out.jpg]
#
# FACEVEC_SERVICE       address of the service, such as https://faces.example.com
# FACEVEC_API_KEY_FILE  a file with the line "Authorization: Bearer KEY": arguments are
#                       everybody's to read
set -eu

ask() {
    # 429 and 503 are asked again, after Retry-After where the service says so.
    curl --silent --show-error --fail-with-body --retry 3 -H "@$FACEVEC_API_KEY_FILE" "$@"
}

ask -F "file=@$1" "$FACEVEC_SERVICE/api/v1/recognize"
if [ $# -gt 1 ]; then
    ask -F "file=@$1" -o "$2" "$FACEVEC_SERVICE/api/v1/recognize/annotated"
fi
