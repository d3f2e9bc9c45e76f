# SPDX-License-Identifier: Apache-2.0
"""RFC 7541: header blocks made by hand. Representations by their first bits: 1 indexed, 01 literal kept in the table,
001 size update, 0000 literal not kept, 0001 never to be kept."""
from support.h2c import END_HEADERS, END_STREAM, CONTINUATION, Error, encode, frame, headers, integer, settings
from support.outcome import connection, served

REQUEST = b"\x82\x87\x84" + b"\x01\x06a.test"  # GET, https, "/", :authority without indexing
HELD = b"\x82\x87\x84" + b"\x41\x06a.test"  # the same, :authority put into the table, at index 62
AGAIN = b"\x82\x87\x84\xbe"  # and taken from it
BROKEN = connection(Error.COMPRESSION_ERROR)
BROKEN_LATER = connection(Error.COMPRESSION_ERROR, first=2)


def one(block):
    return [headers(1, block)]


def two(first, second):
    return [headers(1, first), headers(3, second)]


def holds(name, value, stream=1):
    return served(stream, headers=[(name, value)])


def settled(table_size):
    """Tells the proxy our table's size; then what it sent back was agreed on."""
    return [settings((1, table_size)), lambda session: session.until(lambda: session.settings_acks == 2)]


LEGAL = [
    ("C.2 indexed and literal", one(REQUEST), served()),
    ("C.2.1 literal, name new, kept", one(REQUEST + b"\x40\x03x-a\x01b"), holds("x-a", "b")),
    ("C.2.2 literal, name new, not kept", one(REQUEST + b"\x00\x03x-a\x01b"), holds("x-a", "b")),
    ("C.2.3 literal, never kept", one(REQUEST + b"\x10\x03x-a\x01b"), holds("x-a", "b")),
    ("6.2 name from the static table", one(REQUEST + b"\x0f\x2b\x01b"), holds("user-agent", "b")),
    ("2.3.2 taken from the table by the next", two(HELD, AGAIN), served(3)),
    ("2.3.3 name taken from the table", two(REQUEST + b"\x40\x03x-a\x01b", REQUEST + b"\x7e\x01c"),
     holds("x-a", "c", 3)),
    ("5.2 Huffman", one(REQUEST + b"\x00\x03x-a\x86\xa8\xeb\x10\x64\x9c\xbf"), holds("x-a", "no-cache")),
    ("5.2 Huffman of a name", one(REQUEST + b"\x00\x88\x25\xa8\x49\xe9\x5b\xa9\x7d\x7f\x01b"),
     holds("custom-key", "b")),
    ("5.2 an empty Huffman string", one(REQUEST + b"\x00\x03x-a\x80"), holds("x-a", "")),
    ("5.1 an integer with needless bytes", one(REQUEST + b"\x00\x03x-a\x7f\x82\x80\x00" + b"b" * 129),
     holds("x-a", "b" * 129)),
    ("6.3 size update first", one(b"\x3f\xe1\x1f" + REQUEST), served()),
    ("6.3 size update to 0", one(b"\x20" + REQUEST), served()),
    ("4.2 two size updates", one(b"\x20\x3f\xe1\x1f" + REQUEST), served()),
    ("4.4 an entry larger than the table", [headers(1, HELD), headers(3, REQUEST + b"\x40\x03x-a" + integer(5000, 7) +
                                                                      b"b" * 5000), headers(5, REQUEST)], served(5)),
    ("4.3 eviction of the eldest", two(HELD, REQUEST + b"\x40\x03x-a" + integer(4050, 7) + b"b" * 4050), served(3)),
    ("2.3.1 static entries of all kinds", one(REQUEST + b"\x90\xa0"), served()),
    ("6.1 a block over three frames", [headers(1, REQUEST[:4], END_STREAM), frame(CONTINUATION, 0, 1, REQUEST[4:6]),
                                       frame(CONTINUATION, END_HEADERS, 1, REQUEST[6:])], served()),
    ("4.2 our table of 0", [*settled(0), headers(1, REQUEST)], served()),
    ("4.2 our table of 100", [*settled(100), headers(1, REQUEST), headers(3, REQUEST)], served(3)),
]
BAD = [
    ("6.1 index 0", one(REQUEST + b"\x80"), BROKEN),
    ("2.3.3 index past both tables", one(REQUEST + b"\xbe"), BROKEN),
    ("2.3.3 index far past", one(REQUEST + b"\xff\xff\xff\x03"), BROKEN),
    ("2.3.3 name index past both tables", one(REQUEST + b"\x7e\x01b"), BROKEN),
    ("2.3.3 name index past, not kept", one(REQUEST + b"\x0f\x30\x01b"), BROKEN),
    ("4.3 an entry that was evicted", [*two(HELD, b"\x20" + REQUEST), headers(5, AGAIN)], BROKEN_LATER),
    ("4.4 an entry too large empties the table", [headers(1, HELD), headers(3, REQUEST + b"\x40\x03x-a" + integer(
        5000, 7) + b"b" * 5000), headers(5, AGAIN)], BROKEN_LATER),
    ("4.2 size update at the end", one(REQUEST + b"\x20"), BROKEN),
    ("4.2 size update in the midst", one(REQUEST[:2] + b"\x20" + REQUEST[2:]), BROKEN),
    ("6.3 size update past what was agreed", one(b"\x3f\xe2\x1f" + REQUEST), BROKEN),
    ("6.3 size update to 2^31", one(b"\x3f\xe1\xff\xff\xff\x07" + REQUEST), BROKEN),
    ("5.1 an integer without end", one(REQUEST + b"\xff" + b"\xff" * 20), BROKEN),
    ("5.1 an integer past 2^32", one(REQUEST + b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), BROKEN),
    ("5.1 an integer cut", one(REQUEST + b"\xff\xff"), BROKEN),
    ("5.2 a string past the block's end", one(REQUEST + b"\x00\x03x-a\x05b"), BROKEN),
    ("5.2 a string of 2^28 bytes", one(REQUEST + b"\x00\x03x-a\x7f\x81\xff\xff\x7fb"), BROKEN),
    ("5.2 a name past the block's end", one(REQUEST + b"\x00\x7fx"), BROKEN),
    ("5.2 a value missing", one(REQUEST + b"\x00\x03x-a"), BROKEN),
    ("5.2 a name missing", one(REQUEST + b"\x00"), BROKEN),
    ("5.2 Huffman padding of 8 bits", one(REQUEST + b"\x00\x03x-a\x82\x1f\xff"), BROKEN),
    ("5.2 Huffman padding of zeros", one(REQUEST + b"\x00\x03x-a\x81\x18"), BROKEN),
    ("5.2 Huffman end of string", one(REQUEST + b"\x00\x03x-a\x84\xff\xff\xff\xff"), BROKEN),
    ("5.2 Huffman code cut", one(REQUEST + b"\x00\x03x-a\x82\xff\xfe"), BROKEN),
    ("4.3 a broken block of a second stream", two(REQUEST, b"\x80"), BROKEN_LATER),
    ("4.3 a broken block of a refused request", one(encode(("X-Bad", "1")) + b"\x80"), BROKEN),
    ("4.3 a broken block of trailers", [headers(1, REQUEST, END_HEADERS), headers(1, b"\x80")], BROKEN),
]
CASES = LEGAL + BAD
