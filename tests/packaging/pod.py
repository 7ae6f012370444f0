"""What podman runs for the Pod of a DaemonSet: its arguments, one a line, the image last.

    pod.py FILE FOLDER

A ConfigMap's files go to FOLDER/config, and the Secret's are looked for in FOLDER/token. A field
that is not known here is refused: what the file asks for is all there.
"""

import pathlib
import sys

import yaml

KNOWN = {"hostNetwork", "dnsPolicy", "automountServiceAccountToken", "securityContext",
         "terminationGracePeriodSeconds", "tolerations", "containers", "volumes"}
KNOWN_HERE = {"name", "image", "imagePullPolicy", "securityContext", "resources", "volumeMounts"}


def source(volume, folder):
    """Where on the host a volume is."""
    if "hostPath" in volume:
        return volume["hostPath"]["path"]
    return f"{folder}/config" if "configMap" in volume else f"{folder}/token"


def security(pod, container):
    """Who it runs as, and with which rights."""
    if pod["runAsNonRoot"] and pod["runAsUser"]:
        yield from ("--user", f"{pod['runAsUser']}:{pod['runAsGroup']}")
    yield from ("--group-add", str(pod["fsGroup"]))
    if container["readOnlyRootFilesystem"]:
        yield "--read-only"
    for capability in container["capabilities"]["drop"]:
        yield from ("--cap-drop", capability)
    if not container["allowPrivilegeEscalation"]:
        yield from ("--security-opt", "no-new-privileges")


def arguments(spec, folder):
    container, = spec["containers"]
    unknown = (set(spec) - KNOWN) | (set(container) - KNOWN_HERE)
    if unknown:
        sys.exit(f"pod.py does not know {unknown}")
    yield from ("--network", "host") if spec.get("hostNetwork") else ()
    yield from security(spec["securityContext"], container["securityContext"])
    volumes = {volume["name"]: source(volume, folder) for volume in spec["volumes"]}
    for mount in container["volumeMounts"]:
        options = ["ro"] if mount.get("readOnly") else []
        options += ["rslave"] if mount.get("mountPropagation") == "HostToContainer" else []
        yield from ("-v", ":".join([volumes[mount["name"]], mount["mountPath"], ",".join(options)]))
    yield container["image"]


def main(path, folder):
    parts = {part["kind"]: part for part in yaml.safe_load_all(pathlib.Path(path).read_text())}
    for name, text in parts["ConfigMap"]["data"].items():
        (pathlib.Path(folder) / "config" / name).write_text(text)
    print(*arguments(parts["DaemonSet"]["spec"]["template"]["spec"], folder), sep="\n")


main(*sys.argv[1:])
