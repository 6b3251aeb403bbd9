"""What happens when a person acts on a page: logic first, wiring last."""
