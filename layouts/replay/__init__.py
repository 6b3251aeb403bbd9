"""What the page of the past adds to the wall: small functions that return a component, and its words."""
