// Where hosts of a widget differ: a notebook's model sends messages itself, Panel's leaves that to what stands around it.

const TRIES = 50;
const AGAIN_MS = 100;

/** A function that sends a message to Python. */
export function sender(model, view) {
  if (model.send) return (content) => model.send(content);
  return (content) => insist(() => view.model_proxy.send_msg(content), TRIES);
}

/** What has just come to a page cannot send in Panel before the page has sent anything else; so it is tried again. */
function insist(send, left) {
  try {
    send();
  } catch (error) {
    if (!left) throw error;
    setTimeout(() => insist(send, left - 1), AGAIN_MS);
  }
}

/** A question for later: whether a page that showed an element has gone on meanwhile, so that nothing is wanted there. */
export function leaving(element) {
  const isSeen = element.isConnected;
  return () => isSeen && !element.isConnected;
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
