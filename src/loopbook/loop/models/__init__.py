"""Site models: one file a model, with its parameters; all are listed in `ours`."""
