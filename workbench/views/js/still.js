// The picture for places without scripts, which stands before a widget and gives way to it.

/** The picture that stands before an element, for when there is no kernel any more. */
export function stillBefore(element) {
  const isBefore = (other) => other.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING;
  return [...document.querySelectorAll(".wb-still")].findLast(isBefore);
}
