"""The stand-in cloud's API without a server: masks, filters, orders, the wire."""
