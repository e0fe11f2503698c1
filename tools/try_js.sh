#!/usr/bin/env bash
# Install the package for JavaScript where there is nothing else, and use it: tools/try_js.sh PACKAGE
set -euo pipefail

package=$(realpath "$1")
examples=$(realpath "$(dirname "$0")/../js/examples")
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"

echo "trying $(basename "$package")"
echo '{"type": "module"}' > package.json
npm install --silent --offline --no-audit --no-fund "$package"
for example in "$examples"/*.js; do
    cp "$example" .
    node "$(basename "$example")" > shown
    # What an example prints stands beside it.
    sed -n 's|.*// prints ||p' "$example" | diff - shown
done
echo works
