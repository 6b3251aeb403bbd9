"""Will miss: for each open case the chance that its deadline passes before it is handled."""
