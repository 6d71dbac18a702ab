"""Facts: event types, the states that they fold into, and the store that keeps them."""
