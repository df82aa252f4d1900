// Which asset of a run is drawn: a list to choose from, where there are several.
//
// The one idea: the list only asks; whoever has the columns of the other asset answers with another run in this place.

/** The control as HTML; nothing for a run of one asset. */
export function assetControl({ about }) {
  if (!hasSeveral(about)) return "";
  const options = about.assets.map((name) => `<option>${escaped(name)}</option>`).join("");
  return `<label><span>Asset</span><select data-does="asset" aria-label="Asset that is drawn">${options}</select></label>`;
}

/** Shows in the control what is drawn. */
export function showAsset(find, { about }) {
  const select = find("select[data-does=asset]");
  if (select) select.value = about.asset;
}

/** Chooses the asset beside the one that was asked for last, which may not be drawn yet, and gives it. */
export function stepAsset(find, { about }, direction) {
  const select = find("select[data-does=asset]");
  select.value = assetBeside({ asset: select.value, assets: about.assets }, direction);
  return select.value;
}

/** The asset after another one (1), or before it (-1); behind the last one comes the first. */
export function assetBeside({ asset, assets }, direction) {
  return assets.at((assets.indexOf(asset) + direction) % assets.length);
}

function hasSeveral(about) {
  return (about.assets?.length ?? 0) > 1;
}

function escaped(text) {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
}
