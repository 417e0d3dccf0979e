package simulator

import (
	"fmt"
	"io"
	"strings"
)

// position is PowerShell's PositionMessage.
func (e *psError) position() string {
	if e.line == "" {
		return ""
	}
	return fmt.Sprintf("At line:1 char:1\r\n+ %s\r\n+ %s", e.line, strings.Repeat("~", min(len(e.line), 70)))
}

// lines is how PowerShell prints the error record.
func (e *psError) lines() []string {
	word, _ := splitCommand(e.line)
	text := e.message
	if word != "" && !strings.HasPrefix(e.line, "throw") {
		text = word + " : " + e.message
	}
	out := []string{text}
	if e.line != "" {
		out = append(out, strings.Split(e.position(), "\r\n")...)
	}
	category := e.category
	if category == "" {
		category = "NotSpecified: (:) [], " + e.kind[strings.LastIndexByte(e.kind, '.')+1:]
	}
	return append(out, "    + CategoryInfo          : "+category, "    + FullyQualifiedErrorId : "+e.id, " ")
}

var xmlText = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;", "\r", "_x000D_", "\n", "_x000A_")

// writeCLIXML writes an error to standard error as Windows PowerShell does when
// it was started with -EncodedCommand and its streams are redirected.
func writeCLIXML(w io.Writer, e *psError) {
	var b strings.Builder
	b.WriteString("#< CLIXML\r\n<Objs Version=\"1.1.0.1\" xmlns=\"http://schemas.microsoft.com/powershell/2004/04\">")
	for _, line := range e.lines() {
		b.WriteString(`<S S="Error">` + xmlText.Replace(line) + `_x000D__x000A_</S>`)
	}
	b.WriteString("</Objs>")
	io.WriteString(w, b.String())
}
