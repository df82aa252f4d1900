// Where hosts of a widget differ: a notebook's model sends messages itself, Panel's leaves that to what stands around it.

/** A function that sends a message to Python. */
export function sender(model, view) {
  return (content) => (model.send ? model.send(content) : view.model_proxy.send_msg(content));
}

/**
 * Waits until a widget hears Python. Where the page was busy for two seconds when the widget came, anywidget has given it
 * up: it is shown all the same, but throws away whatever Python says. Then it hears as any other widget does, and asks for
 * what it has missed.
 */
export async function hearing(model) {
  const widget = await model.widget_manager?.get_model?.(model.get("_own"));
  if (!widget?.comm) return;
  try {
    await widget._handle_comm_msg(NOTHING);
  } catch {
    const { _handle_comm_msg: hear } = Object.getPrototypeOf(Object.getPrototypeOf(widget));
    widget._handle_comm_msg = hear;
    widget.comm.on_msg(hear.bind(widget));
    widget.comm.send({ method: "request_state" }, widget.callbacks());
  }
}

const NOTHING = { content: { data: { method: "" } } };
