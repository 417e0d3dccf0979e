package simulator

import (
	"encoding/json"
	"regexp"
	"strings"

	"looksalive/remoting/scripts"
	"looksalive/simulator/powershell"
)

const (
	questionParam = "param($options)\n"
	// questionStop may stand before a question that is run by itself: the loop, too,
	// lets errors stop it.
	questionStop = "$ErrorActionPreference = 'Stop'\n"
)

// servicesSet is what stands in a question in place of its parameter when it is run by
// itself: the names of services in single quotes.
var (
	servicesSet = regexp.MustCompile(`^\$options = @\{ Services = ('(?:[^'\n]|'')*'(?:, '(?:[^'\n]|'')*')*)? \}\n$`)
	serviceName = regexp.MustCompile(`'((?:[^'\n]|'')*)'`)
)

// questionOf recognises a question that somebody runs by hand, and what it is given. The
// classes it would read are not simulated, its answer is.
func questionOf(in *powershell.Interp, text string, named *powershell.Hash) (s scripts.Script, args json.RawMessage, ok bool) {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	text = strings.TrimPrefix(text, questionStop)
	for _, s := range scripts.Questions {
		if text == strings.TrimSpace(s.Text) {
			if named != nil {
				if v, given := named.Get("options"); given {
					b, err := in.JSON(v, 6, true)
					if err != nil {
						return s, nil, false
					}
					args = json.RawMessage(b)
				}
			}
			return s, args, true
		}
		head, tail, takes := strings.Cut(strings.TrimSpace(s.Text), questionParam)
		middle, begins := strings.CutPrefix(text, head)
		middle, ends := strings.CutSuffix(middle, tail)
		if !takes || !begins || !ends {
			continue
		}
		set := servicesSet.FindStringSubmatch(middle)
		if set == nil {
			continue
		}
		given := scripts.VitalsArgs{}
		for _, name := range serviceName.FindAllStringSubmatch(set[1], -1) {
			given.Services = append(given.Services, strings.ReplaceAll(name[1], "''", "'"))
		}
		b, err := json.Marshal(given)
		return s, b, err == nil
	}
	return s, nil, false
}

// answerBy puts out what a question answers, or the error that ended it.
func (h *host) answerBy(in *powershell.Interp, s scripts.Script, args json.RawMessage, out powershell.Streams) powershell.Result {
	b, fail := h.answer(s, args)
	if fail != nil {
		_ = out.Error(fail.record())
		return powershell.Result{Exit: 1, Failed: true}
	}
	v, err := in.FromJSON(string(b))
	if err != nil || out.Success(tables(v)) != nil {
		return powershell.Result{Exit: 1, Failed: true} // nobody takes it any more
	}
	return powershell.Result{}
}

// tables makes hashtables of objects: those are what the questions build.
func tables(v any) any {
	switch v := v.(type) {
	case *powershell.Object:
		table := powershell.NewHash()
		for _, name := range v.Names() {
			table.Set(name, tables(v.Get(name)))
		}
		return table
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = tables(v[i])
		}
		return out
	}
	return v
}

// record is the error as the interpreter keeps it.
func (e *psError) record() *powershell.ErrorRecord {
	category, about, _ := strings.Cut(e.category, ": (")
	target, about, _ := strings.Cut(about, ") [")
	activity, _, _ := strings.Cut(about, "], ")
	if category == "" {
		category = "NotSpecified"
	}
	r := powershell.NewError(e.kind, e.id, category, nil, e.message)
	r.Exception.HResult, r.TargetText, r.Activity, r.Line = e.hresult, target, activity, -1
	if !strings.HasPrefix(e.line, "throw") {
		r.Blame, _ = splitCommand(e.line)
	}
	return r
}
