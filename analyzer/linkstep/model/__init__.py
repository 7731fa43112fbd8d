"""Values that cross a stage: frozen structs, no behaviour, no import of linkstep.

Every struct here can be compared, hashed where its parts can, and encoded by
msgspec. Stages take them and return them; nothing here reads a file.
"""
