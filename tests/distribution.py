"""List what wheel and sdist hold, and check it; run by ``tox run -e dist``."""

import sys
import tarfile
import zipfile
from pathlib import Path

# What the README and the installation page promise to whoever installs the package.
IN_THE_WHEEL = (
    "akida_lite/py.typed",
    "akida_lite/data/cifar10_sample.npz",
    "akida_lite/data/mnist_sample.npz",
    "akida_lite/zoo/claims.toml",
    "akida_lite/zoo/weights/index.json",
    "licenses/LICENSE",
    "licenses/THIRD_PARTY_NOTICES",
)
IN_THE_SDIST = ("tox.ini", "CHANGES.rst", "CITATION.cff", "docs/conf.py", "tests/fuzz.py")
NETWORKS = ("mobilenet_cifar10_w4a4i8", "vgg_cifar10_w2a2i2")
_WHEEL_MB = 20


def main(folder):
    (wheel,) = folder.glob("*.whl")
    (sdist,) = folder.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        sizes = {member.filename: member.file_size for member in archive.infolist()}
    for name, size in sorted(sizes.items()):
        print(f"{size:>10,}  {name}")
    print(
        f"{wheel.name}: {wheel.stat().st_size:,} bytes; {sdist.name}: {sdist.stat().st_size:,}"
    )
    missing = [name for name in IN_THE_WHEEL if not any(n.endswith(name) for n in sizes)]
    missing += [net for net in NETWORKS if not any(Path(n).stem == net for n in sizes)]
    with tarfile.open(sdist) as archive:
        held = archive.getnames()
    missing += [name for name in IN_THE_SDIST if not any(n.endswith(f"/{name}") for n in held)]
    foreign = [n for n in sizes if not n.startswith(("akida_lite/", "akida_lite-"))]
    if missing or foreign or wheel.stat().st_size > _WHEEL_MB * 1_000_000:
        sys.exit(f"missing: {missing}; foreign: {foreign}; at most {_WHEEL_MB} MB are meant")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
