"""The only code that moves money: contexts, costs, schedules and the simulation around the Rust core."""

from workbench._native import Bar, Cancel, Context, Deal, Fill, Order, Position, Stream, Window

__all__ = ["Bar", "Cancel", "Context", "Deal", "Fill", "Order", "Position", "Stream", "Window"]
