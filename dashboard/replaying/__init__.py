"""Any past minute again: the engine's memory as it was, rebuilt from the archive by the engine's own folds."""
