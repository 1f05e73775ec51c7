"""The HTTP interface as structs: what clients send and receive, field by field."""
