// Where hosts of a widget differ: a notebook's model sends messages itself, Panel's leaves that to what stands around it.

/** A function that sends a message to Python. */
export function sender(model, view) {
  return (content) => (model.send ? model.send(content) : view.model_proxy.send_msg(content));
}
