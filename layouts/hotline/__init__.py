"""The panels of the hotline desk."""
