"""Picture files taken apart: what their pixels need, without the rest of what they carry."""
