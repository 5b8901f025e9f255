"""The wire is Flyte's: our descriptors say the same as those of the released `flyteidl` package."""

import importlib
import pkgutil
from pathlib import Path

import flyteidl
from google.api import annotations_pb2
from google.protobuf import descriptor_pb2

IDL = Path(__file__).parents[2] / "idl"

FIELD = descriptor_pb2.FieldDescriptorProto
TYPES = {number: name.removeprefix("TYPE_").lower() for name, number in FIELD.Type.items()}
LABELS = {number: name.removeprefix("LABEL_").lower() for name, number in FIELD.Label.items()}


def test_our_wire_is_flytes():
    ours, theirs = facts(our_files()), facts(their_files())
    assert not ours - theirs, "ours and not flyteidl's:\n" + "\n".join(sorted(ours - theirs))
    lacking = outermost(theirs - ours)
    assert not lacking, "flyteidl's and not ours:\n" + "\n".join(sorted(lacking))


def our_files():
    """The committed descriptor set, without the imports that are google's, and what is our own beside Flyte's."""
    encoded = descriptor_pb2.FileDescriptorSet.FromString((IDL / "src/gen/descriptors.bin").read_bytes())
    return [file for file in encoded.file if not file.name.startswith(("google/", "aileron/"))]


def their_files():
    modules = pkgutil.walk_packages(flyteidl.__path__, "flyteidl.")
    names = [module.name for module in modules if module.name.endswith("_pb2")]
    encoded = [importlib.import_module(name).DESCRIPTOR.serialized_pb for name in names]
    return [descriptor_pb2.FileDescriptorProto.FromString(file) for file in encoded]


def facts(files):
    """One line for each thing that a peer could notice."""
    found = set()
    for file in files:
        for enum in file.enum_type:
            found |= enum_facts(enum, file.package)
        for message in file.message_type:
            found |= message_facts(message, file.package)
        for service in file.service:
            name = f"{file.package}.{service.name}"
            found |= {f"service {name}"} | {method_fact(method, name) for method in service.method}
    return found


def message_facts(message, scope):
    name = f"{scope}.{message.name}"
    found = {f"message {name}"} | {field_fact(field, message, name) for field in message.field}
    for enum in message.enum_type:
        found |= enum_facts(enum, name)
    for nested in message.nested_type:
        found |= message_facts(nested, name)
    return found


def enum_facts(enum, scope):
    name = f"{scope}.{enum.name}"
    return {f"enum {name}"} | {f"value {name}.{value.name} = {value.number}" for value in enum.value}


def field_fact(field, message, scope):
    kind = TYPES[field.type]
    parts = [LABELS[field.label], f"{kind} {field.type_name.lstrip('.')}".strip()]
    # A proto3 `optional` is a oneof of one field, whose name a peer never sees.
    if field.proto3_optional:
        parts.append("proto3 optional")
    elif field.HasField("oneof_index"):
        parts.append(f"oneof {message.oneof_decl[field.oneof_index].name}")
    if field.json_name and field.json_name != camel(field.name):
        parts.append(f"json {field.json_name}")
    if field.options.HasField("packed"):
        parts.append(f"packed {field.options.packed}")
    return f"field {scope}.{field.name} = {field.number}: {', '.join(parts)}"


def camel(name):
    first, *rest_of_it = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest_of_it)


def method_fact(method, service):
    sent = ("stream " if method.client_streaming else "") + method.input_type.lstrip(".")
    answered = ("stream " if method.server_streaming else "") + method.output_type.lstrip(".")
    http = method.options.Extensions[annotations_pb2.http]
    return f"method {service}.{method.name}: {sent} -> {answered}, {rest(http)}"


def rest(http):
    pattern = http.WhichOneof("pattern")
    if not pattern:
        return "no REST"
    routes = [f"{pattern.upper()} {getattr(http, pattern)} body {http.body!r}"]
    return " and ".join(routes + [rest(binding) for binding in http.additional_bindings])


def outermost(missing):
    """A message or service that is missing whole is listed once, not with all it holds."""
    whole = {line.split()[1] for line in missing if line.split()[0] in ("message", "enum", "service")}
    return {line for line in missing if not any(line.split()[1].startswith(name + ".") for name in whole)}
