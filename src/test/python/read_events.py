"""Reads TensorBoard's event files with nothing but Python, and prints what is in them as JSON.

    python3 read_events.py FOLDER

An implementation of its own of the record framing, the checksums and the wire format of Protocol Buffers: the numbers of
fields are those of tensorboard/compat/proto/{event,summary,tensor}.proto and tensorboard/plugins/hparams/plugin_data.proto.
A wrong checksum, a cut record or an unknown wire type is an error.

"files": the events of each file, by its name, as they come. "scalars": [step, value] by tag over all files in the order of
their names, without those that a later start of a session makes void, as TensorBoard shows them.
"""

import base64
import json
import pathlib
import struct
import sys


def crc_table():
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)  # Castagnoli's polynomial, reflected
        table.append(crc)
    return table


TABLE = crc_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


assert crc32c(b"123456789") == 0xE3069283


def check(data, masked, what):
    crc = crc32c(data)
    if ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF != masked:
        raise SystemExit(f"{what}: wrong checksum")


def records(path):
    data = path.read_bytes()
    at = 0
    while at < len(data):
        head = data[at:at + 8]
        (length, head_crc) = struct.unpack_from("<QI", data, at)
        check(head, head_crc, f"{path}: length at byte {at}")
        body = data[at + 12:at + 12 + length]
        (body_crc,) = struct.unpack_from("<I", data, at + 12 + length)
        check(body, body_crc, f"{path}: record at byte {at}")
        yield body
        at += 16 + length


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        shift += 7
        if byte < 0x80:
            return value, at


def fields(data):
    """The values of a message by the numbers of their fields: integers, or bytes that the caller knows how to read."""
    found = {}
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        number, wire_type = key >> 3, key & 7
        if wire_type == 0:
            value, at = varint(data, at)
        elif wire_type == 2:
            length, at = varint(data, at)
            value, at = data[at:at + length], at + length
        elif wire_type in (1, 5):
            length = 8 if wire_type == 1 else 4
            value, at = data[at:at + length], at + length
        else:
            raise SystemExit(f"wire type {wire_type}")
        if at > len(data):
            raise SystemExit("a field goes beyond its message")
        found.setdefault(number, []).append(value)
    return found


def one(message, number, default=None):
    return message.get(number, [default])[-1]


def text(data):
    return data.decode("utf-8")


def real64(data):
    return struct.unpack("<d", data)[0]


def variant(data):
    """A google.protobuf.Value."""
    value = fields(data)
    if 2 in value:
        return real64(one(value, 2))
    return bool(one(value, 4)) if 4 in value else text(one(value, 3))


def hparams(content):
    data = fields(content)
    if 3 in data:
        start = fields(one(data, 3))
        pairs = [fields(pair) for pair in start.get(1, [])]
        return {"hparams": {text(one(pair, 1)): variant(one(pair, 2)) for pair in pairs}}
    end = fields(one(data, 4))
    return {"status": one(end, 1)}


def image(data):
    parts = fields(data)
    return {"height": one(parts, 1), "width": one(parts, 2), "colorspace": one(parts, 3),
            "png": base64.b64encode(one(parts, 4)).decode()}


def summary_value(data):
    value = fields(data)
    read = {"tag": text(one(value, 1))}
    if 2 in value:
        read["scalar"] = struct.unpack("<f", one(value, 2))[0]
    if 4 in value:
        read["image"] = image(one(value, 4))
    if 8 in value:
        tensor = fields(one(value, 8))
        read["dtype"] = one(tensor, 1)
        read["text"] = text(one(tensor, 8))
    if 9 in value:
        plugin = fields(one(fields(one(value, 9)), 1))
        read["plugin"] = text(one(plugin, 1))
        if read["plugin"] == "hparams":
            read.update(hparams(one(plugin, 2)))
    return read


def event(record):
    message = fields(record)
    read = {"wall_time": real64(one(message, 1)), "step": one(message, 2, 0)}
    if 3 in message:
        read["file_version"] = text(one(message, 3))
    if 7 in message:
        read["session_status"] = one(fields(one(message, 7)), 1)
    if 5 in message:
        read["values"] = [summary_value(value) for value in fields(one(message, 5)).get(1, [])]
    return read


def scalars(events):
    shown = {}
    for item in events:
        if item.get("session_status") == 1:
            for tag, points in shown.items():
                shown[tag] = [point for point in points if point[0] < item["step"]]
        for value in item.get("values", []):
            if "scalar" in value:
                shown.setdefault(value["tag"], []).append([item["step"], value["scalar"]])
    return shown


def main():
    paths = sorted(path for path in pathlib.Path(sys.argv[1]).iterdir() if "tfevents" in path.name)
    files = {path.name: [event(record) for record in records(path)] for path in paths}
    print(json.dumps({"files": files, "scalars": scalars(item for events in files.values() for item in events)}))


main()
