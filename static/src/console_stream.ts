// What one target wrote, as far as it is shown: the newest lines and objects. What
// would never be seen is dropped before anything is drawn.
import { dressAfter, type Dress } from "./console_text";

export const MOST = 2000; // lines, and rows, of a target

export interface Line {
  kind: string; // "text", "error", "warning", "verbose", "debug", "information", "note"
  text: string;
  dress: Dress; // in force when it begins
  from: number; // target
  id?: string; // of an error
  more?: boolean; // it goes on from the line before
}

export interface Row {
  from: number;
  values: unknown[];
  n: number; // counts the rows, for their own order
}

export interface Group {
  type: string;
  names: string[];
  rows: Row[];
  total: number;
}

export class Stream {
  lines: Line[] = [];
  total = 0; // lines ever
  groups = new Map<string, Group>();
  objects = 0; // rows ever
  progress: { activity: string; status?: string; percent: number } | null = null;
  private dress: Dress = "";

  write(from: number, kind: string, text: string, id?: string): void {
    let parts = text.split(/\r?\n/);
    if (parts.length > MOST) {
      this.total += parts.length - MOST;
      parts = parts.slice(-MOST);
      this.dress = "";
    }
    for (const [n, part] of parts.entries()) {
      const line: Line = { kind, text: part, dress: kind === "text" ? this.dress : "", from };
      if (id) line.id = id;
      if (kind !== "text" && n > 0) line.more = true;
      if (kind === "text") this.dress = dressAfter(part, this.dress);
      this.lines.push(line);
    }
    this.total += parts.length;
    if (this.lines.length > 2 * MOST) this.lines.splice(0, this.lines.length - MOST);
  }

  object(from: number, type: string, names: string[], values: unknown[]): void {
    const key = type + "\n" + names.join("\n");
    let g = this.groups.get(key);
    if (!g) {
      if (this.groups.size >= 20) return; // the text has them
      g = { type, names, rows: [], total: 0 };
      this.groups.set(key, g);
    }
    g.rows.push({ from, values, n: g.total++ });
    this.objects++;
    if (g.rows.length > 2 * MOST) g.rows.splice(0, g.rows.length - MOST);
  }

  /** The lines that are shown. */
  newest(): Line[] {
    return this.lines.length > MOST ? this.lines.slice(-MOST) : this.lines;
  }
}
