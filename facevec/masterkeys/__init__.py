"""The master key, from where the settings have it: a file, the environment, a command, or Vault."""
