package remoting

import (
	"strings"
	"testing"
	"unicode/utf8"
)

const objs = `<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">`

func TestErrorText(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"an error with its place": {
			"#< CLIXML\r\n" + objs + `<S S="Error">Cannot invoke method. Only core types are supported._x000D__x000A_</S><S S="Error">At line:3 char:4_x000D__x000A_</S><S S="Error">+ [IO.Stream]::new()</S></Objs>`,
			"Cannot invoke method. Only core types are supported.",
		},
		"a line of ours before it": {objs + `<S S="Error">$u=[Text.UTF8Encoding]::new($false) : Method invocation failed._x000A_</S></Objs>`, "Method invocation failed."},
		"a command before it":      {objs + `<S S="Error">Get-CimInstance : Access denied</S></Objs>`, "Get-CimInstance : Access denied"},
		"progress is no text":      {"#< CLIXML\r\n" + objs + `<Obj S="progress" RefId="0"><TN RefId="0"><T>System.Object</T></TN><MS><S S="Error" N="x">inside</S><AV>Preparing modules for first use.</AV></MS></Obj></Objs>`, ""},
		"warnings if nothing else": {"#< CLIXML\r\n" + objs + `<S S="warning">Low disk_x000A_space</S></Objs>`, "Low disk space"},
		"mixed with plain text":    {"The system cannot\r\n#< CLIXML\r\n" + objs + `<S S="Warning">w</S></Objs>` + "find it.\r\n", "The system cannot find it."},
		"several documents":        {"#< CLIXML\r\n" + objs + `<S S="Error">a_x000A_</S></Objs>` + objs + `<S S="Error">b</S></Objs>`, "a b"},
		"cut off":                  {"#< CLIXML\r\n" + objs + `<S S="Error">whole</S><S S="Error">ha`, "whole"},
		"decoded once":             {objs + `<S S="Error">_x005F_x0041_ _x00e9_ _xD83D__xDE00_ _xZZZZ_ _x41_ &lt;b&gt;</S></Objs>`, "_x0041_ é 😀 _xZZZZ_ _x41_ <b>"},
		"control characters":       {objs + `<S S="Error">a_x001B_[31m_x0007_b_x202E_c</S></Objs>`, "a[31mbc"},
		"plain":                    {"Access is denied.\r\n", "Access is denied."},
		"a document type":          {`<Objs x="1"><!DOCTYPE a [<!ENTITY b "c">]><S S="Error">&b;</S></Objs>`, ""},
		"nested":                   {objs + strings.Repeat("<a>", 1000) + `<S S="Error">x</S>` + strings.Repeat("</a>", 1000) + "</Objs>", ""},
		"nothing":                  {"", ""},
	} {
		if got := errorText([]byte(c.in)); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
	if long := errorText([]byte(objs + `<S S="Error">` + strings.Repeat("a", 1<<20) + `</S></Objs>`)); len(long) > 520 {
		t.Errorf("%d bytes of text", len(long))
	}
}

func FuzzCLIXML(f *testing.F) {
	f.Add("#< CLIXML\r\n" + objs + `<S S="Error">_x000D__x000A_</S></Objs>`)
	f.Add(objs + objs + `<S S="Warning">_x005F_x0041_</S></Objs>text`)
	f.Add(`<Objs <S S='error'>&#x41;</S>`)
	f.Fuzz(func(t *testing.T, in string) {
		got := errorText([]byte(in))
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > 501 {
			t.Errorf("%q", got)
		}
		for _, r := range got {
			if r < ' ' || r == 0x7f {
				t.Errorf("the control character %U in %q", r, got)
			}
		}
		plain, errs, warnings := splitCLIXML([]byte(in))
		if len(plain) > clixmlText || len(errs) > clixmlText || len(warnings) > clixmlText {
			t.Errorf("%d, %d and %d bytes are kept", len(plain), len(errs), len(warnings))
		}
	})
}
