"""Encryption of what people are told by: a random key for each stored value, destroyed when the value goes.

`values` says how a value is stored, `wrapping` and `keyring` which key wraps which, `slots` and `datakeys`
where the wrapped keys lie, `turn` how they come and go with a transaction, `carrying` how they follow a
copy; `vault` is what the registry calls for bytes, `words` for names and whatever else is text.
"""
