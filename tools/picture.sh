#!/usr/bin/env bash
# Draw the pictures of the documents: the demonstration's reports (chromium and a Korean font), certificates (HWAN_LAB_DATA).
set -euo pipefail
cd "$(dirname "$0")/.."
for language in en ko; do
    make -s demo LANGUAGE=$language >/dev/null
    profile=$(mktemp -d)
    chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --hide-scrollbars \
        --disable-background-networking --disable-component-update --disable-sync --user-data-dir="$profile" \
        --window-size=1200,1640 --screenshot="docs/images/report-$language.png" \
        "file://$PWD/demo/report-$language.html" 2>/dev/null
    rm -rf "$profile"
    .venv/bin/python - "docs/images/report-$language.png" <<'PYTHON'
import sys
from PIL import Image
picture = Image.open(sys.argv[1]).convert("P", palette=Image.Palette.ADAPTIVE, colors=128)
picture.save(sys.argv[1], optimize=True)
PYTHON
done
.venv/bin/python tools/certificate.py docs/images
