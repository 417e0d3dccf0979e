// The editor: CodeMirror over the textarea, which stays what is sent. It lives in a
// shadow root, where its styles need no inline style sheet: the content policy
// allows none. If it cannot be set up, the textarea does the work.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { HighlightStyle, StreamLanguage, bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { powerShell } from "@codemirror/legacy-modes/mode/powershell";
import { EditorState, Prec } from "@codemirror/state";
import { EditorView, drawSelection, highlightSpecialChars, keymap, lineNumbers, placeholder } from "@codemirror/view";
import { tags } from "@lezer/highlight";

export interface Editor {
  set(text: string): void;
  focus(): void;
}

interface Wishes {
  run(): void;
  commands(): Promise<string[]>;
  step(by: number, now: string): string | null; // through what was run before
}

const theme = EditorView.theme({
  "&": { backgroundColor: "var(--surface)", color: "var(--text)", fontSize: "13px", height: "100%" },
  "&.cm-focused": { outline: "2px solid var(--focus)", outlineOffset: "-2px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "20px", minHeight: "160px", maxHeight: "max(46vh, 340px)", overflow: "auto" },
  ".cm-content": { padding: "8px 0", caretColor: "var(--text)" },
  ".cm-line": { padding: "0 12px 0 8px" },
  ".cm-cursor": { borderLeftColor: "var(--text)", borderLeftWidth: "2px" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--text-3)", border: "0", paddingLeft: "6px" },
  ".cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": { backgroundColor: "color-mix(in srgb, var(--accent) 28%, transparent)" },
  ".cm-placeholder": { color: "var(--text-3)" },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": { backgroundColor: "var(--accent-tint)", outline: "1px solid var(--accent)" },
  ".cm-specialChar": { color: "var(--crit-text)" },
  ".cm-tooltip": { backgroundColor: "var(--surface)", color: "var(--text)", border: "1px solid var(--stroke-strong)", borderRadius: "6px", boxShadow: "var(--shadow-pop)", overflow: "hidden" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", fontSize: "12px", maxHeight: "220px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "3px 10px" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent-fill)", color: "var(--on-accent)" },
});

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--code-keyword)", fontWeight: "600" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--code-string)" },
  { tag: tags.comment, color: "var(--code-comment)", fontStyle: "italic" },
  { tag: tags.number, color: "var(--code-number)" },
  { tag: [tags.variableName, tags.standard(tags.variableName), tags.standard(tags.name)], color: "var(--code-command)" },
  { tag: [tags.special(tags.variableName), tags.definition(tags.variableName)], color: "var(--code-variable)" },
  { tag: tags.operator, color: "var(--text-2)" },
  { tag: tags.invalid, color: "var(--crit-text)" },
]);

const WORDS = ["foreach", "function", "param", "return", "switch", "throw", "trap", "try", "catch", "finally", "while", "until"];

export function mount(area: HTMLTextAreaElement, wishes: Wishes): Editor | null {
  const host = document.createElement("div");
  host.className = "edhost";
  try {
    const root = host.attachShadow({ mode: "open" });
    area.before(host);
    const complete = async (c: CompletionContext): Promise<CompletionResult | null> => {
      const variable = c.matchBefore(/\$\w*/);
      if (variable) {
        const names = new Set([...c.state.doc.toString().matchAll(/\$(\w+)/g)].map((m) => "$" + m[1]));
        names.delete(variable.text);
        return { from: variable.from, options: ["$_", "$true", "$false", "$null", ...names].map((label) => ({ label, type: "variable" })), validFor: /^\$\w*$/ };
      }
      const word = c.matchBefore(/[A-Za-z]\w*(?:-\w*)?/);
      if (!word || (word.text.length < 2 && !c.explicit)) return null;
      if (/[.:-]/.test(c.state.sliceDoc(Math.max(0, word.from - 1), word.from))) return null; // a member, a parameter
      const commands = await wishes.commands();
      return { from: word.from, options: [...commands.map((label) => ({ label, type: "function" })), ...WORDS.map((label) => ({ label, type: "keyword", boost: -1 }))], validFor: /^[\w-]*$/ };
    };
    const walk = (by: number) => (view: EditorView): boolean => {
      const text = wishes.step(by, view.state.doc.toString());
      if (text === null) return true;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, selection: { anchor: text.length }, scrollIntoView: true });
      return true;
    };
    const view = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: area.value,
        extensions: [
          lineNumbers(),
          history(),
          drawSelection(),
          highlightSpecialChars(),
          indentOnInput(),
          bracketMatching(),
          closeBrackets(),
          indentUnit.of("    "),
          EditorView.lineWrapping,
          StreamLanguage.define(powerShell),
          syntaxHighlighting(colours),
          theme,
          placeholder(area.placeholder),
          autocompletion({ override: [complete], icons: false }),
          Prec.highest(
            keymap.of([
              { key: "Ctrl-Enter", mac: "Cmd-Enter", run: () => (wishes.run(), true) },
              { key: "Ctrl-ArrowUp", run: walk(1) },
              { key: "Ctrl-ArrowDown", run: walk(-1) },
            ]),
          ),
          keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap]),
          EditorView.contentAttributes.of({ "aria-label": area.labels?.[0]?.textContent ?? "PowerShell", spellcheck: "false", autocapitalize: "off" }),
          EditorView.updateListener.of((u) => {
            if (!u.docChanged) return;
            area.value = u.state.doc.toString();
            area.dispatchEvent(new Event("input", { bubbles: true }));
          }),
        ],
      }),
    });
    area.hidden = true;
    // What is clicked below the last line is meant for the editor.
    area.labels?.[0]?.addEventListener("click", () => view.focus());
    return {
      set: (text) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }),
      focus: () => view.focus(),
    };
  } catch (e) {
    host.remove();
    area.hidden = false;
    console.warn("the editor could not be set up", e);
    return null;
  }
}
