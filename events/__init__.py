"""Facts: event types, the states they fold into, and the store that keeps them."""
