"""Writes a folder as an image of one layer: `archive.py NAME FOLDER OUT COMMAND...`.

OUT is a docker archive, which `docker load`, `ctr images import` and `skopeo copy docker-archive:` take.
"""

import hashlib
import io
import json
import os
import sys
import tarfile


def main(name: str, root: str, out: str, *command: str) -> None:
    layer = out + ".layer"
    with tarfile.open(layer, "w") as tar:
        tar.add(root, arcname=".")
    with open(layer, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    config = json.dumps({
        "architecture": "amd64",
        "os": "linux",
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + digest]},
        "config": {
            **json.loads(os.environ.get("IMAGE_CONFIG", "{}")),
            "Cmd": list(command),
            "Env": ["PATH=/usr/local/bin:/usr/bin:/bin"],
        },
    }).encode()
    config_name = hashlib.sha256(config).hexdigest() + ".json"
    manifest = json.dumps([{"Config": config_name, "RepoTags": [name], "Layers": ["layer.tar"]}]).encode()
    with tarfile.open(out + ".new", "w") as tar:
        for path, data in ((config_name, config), ("manifest.json", manifest)):
            info = tarfile.TarInfo(path)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
        tar.add(layer, arcname="layer.tar")
    os.remove(layer)
    os.rename(out + ".new", out)


main(*sys.argv[1:])
