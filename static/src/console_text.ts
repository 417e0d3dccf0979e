// What a node wrote, as text that can be looked at without harm: colours (SGR) are
// kept, every other control character and those that turn the direction of text are
// shown as what they are. Only text nodes are made.

const SPECIAL = /\x1b\[([0-9;]*)m|[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufff9-\ufffb]/g;
const ANY = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufff9-\ufffb]/;
const LONGEST = 4000; // characters of a line that are shown

/** Colour and weight in force, as classes: "f31 bold". */
export type Dress = string;

/** What is in force after a line. */
export function dressAfter(line: string, dress: Dress): Dress {
  if (!line.includes("\x1b[")) return dress;
  for (const m of line.matchAll(SPECIAL)) if (m[1] !== undefined) dress = change(dress, m[1]);
  return dress;
}

function change(dress: Dress, codes: string): Dress {
  let parts = dress ? dress.split(" ") : [];
  const drop = (re: RegExp): void => {
    parts = parts.filter((p) => !re.test(p));
  };
  const list = codes === "" ? [0] : codes.split(";").map(Number);
  for (let i = 0; i < list.length; i++) {
    const n = list[i] ?? 0;
    if (n === 0) parts = [];
    else if (n === 1) parts.push("bold");
    else if (n === 4) parts.push("under");
    else if (n === 22) drop(/^bold$/);
    else if (n === 24) drop(/^under$/);
    else if (n === 39) drop(/^f/);
    else if ((n >= 30 && n <= 37) || (n >= 90 && n <= 97)) {
      drop(/^f/);
      parts.push("f" + n);
    } else if (n === 38 || n === 48) i += list[i + 1] === 5 ? 2 : list[i + 1] === 2 ? 4 : 0; // other palettes: not shown
  }
  return [...new Set(parts)].join(" ");
}

// The names of the control characters of ASCII. Fonts lack the pictures Unicode has for them.
const NAMES = "NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US".split(" ");

/** The name of a character that is not to be obeyed. */
function nameOf(c: string): string {
  const n = c.charCodeAt(0);
  if (n < 0x20) return NAMES[n] ?? "";
  if (n === 0x7f) return "DEL";
  return "U+" + n.toString(16).toUpperCase().padStart(4, "0");
}

/** Puts a line into an element. */
export function show(to: Element, line: string, dress: Dress = ""): void {
  let rest = "";
  if (line.length > LONGEST) {
    rest = ` … ${(line.length - LONGEST).toLocaleString("en")} more characters`;
    line = line.slice(0, LONGEST);
  }
  if (!dress && !ANY.test(line)) {
    to.append(line);
  } else {
    let at = 0;
    const put = (text: string): void => {
      if (!text) return;
      if (!dress) {
        to.append(text);
        return;
      }
      const s = document.createElement("span");
      s.className = dress;
      s.textContent = text;
      to.append(s);
    };
    for (const m of line.matchAll(SPECIAL)) {
      put(line.slice(at, m.index));
      at = m.index + m[0].length;
      if (m[1] !== undefined) {
        dress = change(dress, m[1]);
        continue;
      }
      const s = document.createElement("span");
      s.className = "ctl";
      s.textContent = nameOf(m[0]);
      s.title = "Control character, not carried out";
      to.append(s);
    }
    put(line.slice(at));
  }
  if (rest) {
    const s = document.createElement("span");
    s.className = "ctl";
    s.textContent = rest;
    to.append(s);
  }
}

/** The same as plain text, for cells. */
export function plain(text: string): string {
  return text.replace(SPECIAL, (c, codes: string | undefined) => (codes !== undefined ? "" : nameOf(c)));
}
