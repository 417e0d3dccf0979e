package handlers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"looksalive/cluster"
)

// object is any JSON object.
type object = map[string]any

func document(t *testing.T) object {
	t.Helper()
	var doc object
	if err := json.Unmarshal(openapi, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// The document and the routes must list the same operations.
func TestOpenAPIListsTheRoutes(t *testing.T) {
	f, doc := newFixture(t, nil), document(t)
	described := map[string]bool{} // "get /path"
	hole := regexp.MustCompile(`\{(\w+)\}`)
	for path, item := range doc["paths"].(object) {
		for method, op := range item.(object) {
			described[method+" "+path] = true
			var inPath []string
			params, _ := op.(object)["parameters"].([]any)
			for _, p := range params {
				if p.(object)["in"] == "path" {
					inPath = append(inPath, p.(object)["name"].(string))
				}
			}
			var holes []string
			for _, m := range hole.FindAllStringSubmatch(path, -1) {
				holes = append(holes, m[1])
			}
			if !slices.Equal(inPath, holes) {
				t.Errorf("%s %s describes the path parameters %v", method, path, inPath)
			}
		}
	}
	served := map[string]bool{}
	chi.Walk(f.app.mux, func(method, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if strings.HasPrefix(pattern, "/api/") || pattern == "/healthz" || pattern == "/readyz" {
			op := strings.ToLower(method) + " " + pattern
			served[op] = true
			if !described[op] {
				t.Errorf("%s is served but not described", op)
			}
		}
		return nil
	})
	for op := range described {
		if !served[op] {
			t.Errorf("%s is described but not served", op)
		}
	}
}

// Every operation, asked in several ways, must answer as described.
func TestOpenAPIDescribesTheAnswers(t *testing.T) {
	f, p := newSignedIn(t, newMemoryFleet(stored("AUE-01"), stored("SPARE"), fixed("FIXED")), cluster.Administrator)
	doc := document(t)
	check := schemaChecker{t: t, doc: doc}
	h := url.PathEscape(hostile)
	f.add("EMPTY", "N1", "N2")
	f.resolve("EMPTY")
	if err := f.store.Members(t.Context(), "UNHEARD", []string{"X-01"}, nil); err != nil {
		t.Fatal(err)
	}
	fault := f.addresses()["{id}"]
	asked := map[string][]string{
		"/api/v1/clusters":               {""},
		"/api/v1/clusters/{cluster}":     {"/api/v1/clusters/AUE-01", "/api/v1/clusters/" + h, "/api/v1/clusters/UNHEARD", "/api/v1/clusters/none"},
		"/api/v1/nodes":                  {"", "?cluster=AUE-01&health=critical", "?health=no%20data", "?health=great", "?cluster=none"},
		"/api/v1/nodes/{cluster}/{node}": {"/api/v1/nodes/AUE-01/HV-01", "/api/v1/nodes/AUE-01/HV-04", "/api/v1/nodes/" + h + "/" + h, "/api/v1/nodes/UNHEARD/X-01", "/api/v1/nodes/AUE-01/none"},
		"/api/v1/faults":                 {"", "?open=true", "?open=false", "?open=x", "?ack=true", "?ack=x"},
		"/api/v1/faults/{id}":            {"/api/v1/faults/" + fault, "/api/v1/faults/0"},
		"/api/v1/series":                 {"?cluster=AUE-01&object=node/HV-01&metric=cpu&metric=memory.used,vms", "?cluster=AUE-01&object=volume/none&metric=size.used", "?cluster=none&metric=cpu", ""},
		"/api/v1/openapi.json":           {""},
		"/healthz":                       {""},
		"/readyz":                        {""},
		"/api/v1/settings/clusters":      {""},
		"/api/v1/whoami":                 {""},
		"/api/v1/accounts":               {""},
		"/api/v1/tokens":                 {""},
		"/api/v1/audit":                  {"", "?who=anna&limit=1&before=100&from=2020-01-01T00:00:00Z&to=2040-01-01T00:00:00Z", "?limit=0", "?before=x", "?from=x", "?limit=1001"},
		"/api/v1/audit.jsonl":            {""},
	}
	f.sendAcknowledgements(t, p, doc, &check)
	f.sendAll(t, doc, &check)
	withConsole(t, &f.app.opt, everything)
	f.sendRuns(t, p, doc, &check)
	f.sendPeople(t, p, doc, &check)
	for path, item := range doc["paths"].(object) {
		get, ok := item.(object)["get"].(object)
		if !ok || strings.HasPrefix(path, "/api/v1/runs") {
			continue // only written to: sendAll, or asked by sendRuns
		}
		if len(asked[path]) == 0 {
			t.Errorf("%s is described, but never asked by this test", path)
		}
		responses := get["responses"].(object)
		seen := map[string]bool{}
		for code, token := range map[string]string{"401": "la_wrong", "403": p.token[cluster.Viewer]} {
			if responses[code] != nil {
				w := f.ask(http.MethodGet, fill(path), "Authorization", "Bearer "+token)
				seen[fmt.Sprint(w.Code)] = true
				check.answer(path, responses, w)
			}
		}
		for _, q := range asked[path] {
			address := q
			if !strings.HasPrefix(q, "/") {
				address = path + q
			}
			w := f.get(address)
			seen[fmt.Sprint(w.Code)] = true
			check.answer(address, responses, w)
		}
		for code := range responses {
			if !seen[code] && path != "/readyz" {
				t.Errorf("%s describes %s, which this test never got", path, code)
			}
		}
	}
	if check.values < 1000 {
		t.Errorf("only %d values were compared", check.values)
	}
	for name := range doc["components"].(object)["schemas"].(object) {
		if !check.used[name] {
			t.Errorf("the schema %s was never compared with a real answer", name)
		}
	}
}

// fill puts something into the holes of a path.
func fill(path string) string {
	return strings.NewReplacer("{cluster}", "AUE-01", "{node}", "HV-01", "{account}", "vera", "{id}", "0").Replace(path)
}

// answer compares an answer with what is described for its status.
func (c *schemaChecker) answer(what string, responses object, w *httptest.ResponseRecorder) {
	c.t.Helper()
	response, ok := responses[fmt.Sprint(w.Code)].(object)
	if !ok {
		c.t.Errorf("%s answered %d, which is not described: %s", what, w.Code, w.Body)
		return
	}
	content, ok := c.resolve(response)["content"].(object)
	if !ok {
		if w.Body.Len() > 0 {
			c.t.Errorf("%s answered with a body, which is not described", what)
		}
		return
	}
	media, ok := content[w.Header().Get("Content-Type")].(object)
	if !ok {
		c.t.Errorf("%s answered as %s, which is not described", what, w.Header().Get("Content-Type"))
		return
	}
	for dec := json.NewDecoder(bytes.NewReader(w.Body.Bytes())); ; {
		var body any
		if err := dec.Decode(&body); err == io.EOF {
			return
		} else if err != nil {
			c.t.Errorf("%s: %v", what, err)
			return
		}
		c.value(what, media["schema"].(object), body)
	}
}

// An unknown number must be null in the answer, not 0.
func TestUnknownIsNull(t *testing.T) {
	f := newFixture(t, nil)
	if err := f.store.Members(t.Context(), "UNHEARD", []string{"X-01"}, nil); err != nil {
		t.Fatal(err)
	}
	var got object
	if err := json.Unmarshal(f.get("/api/v1/clusters/UNHEARD").Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"cpuPercent", "memory", "storage", "virtualMachines", "stateAt", "stateAgeSeconds", "quorum", "heartbeat", "functionalLevel", "storageAt"} {
		if v, ok := got[name]; !ok || v != nil {
			t.Errorf("%s of a cluster nobody has heard of is %v, want null", name, v)
		}
	}
	if got["health"] != "No data" || got["nodes"].(object)["up"] != nil {
		t.Errorf("health %v, nodes %v", got["health"], got["nodes"])
	}
	node := got["members"].([]any)[0].(object)
	for _, name := range []string{"state", "statusInformation", "vitals", "dynamicWeight", "site"} {
		if node[name] != nil {
			t.Errorf("%s of a node nobody has heard of is %v, want null", name, node[name])
		}
	}
}

// schemaChecker compares a value with a schema: the part of JSON Schema
// 2020-12 our document uses. A word it does not know is an error, so that
// nothing is described that is not checked.
type schemaChecker struct {
	t      *testing.T
	doc    object
	values int
	used   map[string]bool
}

func (c *schemaChecker) resolve(v object) object {
	ref, ok := v["$ref"].(string)
	if !ok {
		return v
	}
	var at any = c.doc
	parts := strings.Split(strings.TrimPrefix(ref, "#/"), "/")
	for _, p := range parts {
		at = at.(object)[p]
	}
	if at == nil {
		c.t.Fatalf("%s leads nowhere", ref)
	}
	if parts[1] == "schemas" {
		if c.used == nil {
			c.used = map[string]bool{}
		}
		c.used[parts[2]] = true
	}
	return c.resolve(at.(object))
}

func (c *schemaChecker) value(where string, schema object, v any) {
	c.t.Helper()
	for _, err := range c.check(where, schema, v) {
		c.t.Error(err)
	}
}

func (c *schemaChecker) check(where string, schema object, v any) (errs []string) {
	c.values++
	fail := func(format string, args ...any) {
		errs = append(errs, where+": "+fmt.Sprintf(format, args...))
	}
	schema = c.resolve(schema)
	for word, want := range schema {
		switch word {
		case "description", "default":
		case "minimum", "maximum":
			n, ok := v.(float64)
			if ok && (word == "minimum" && n < want.(float64) || word == "maximum" && n > want.(float64)) {
				fail("%v breaks the %s %v", n, word, want)
			}
		case "type":
			types, ok := want.([]any)
			if !ok {
				types = []any{want}
			}
			if !slices.ContainsFunc(types, func(t any) bool { return hasType(v, t.(string)) }) {
				fail("%.60v is not of type %v", v, want)
			}
		case "enum":
			if !slices.Contains(want.([]any), v) {
				fail("%v is none of %v", v, want)
			}
		case "format":
			if s, ok := v.(string); ok {
				at, err := time.Parse(time.RFC3339Nano, s)
				if want != "date-time" || err != nil || at.Location() != time.UTC {
					fail("%q is no %v in UTC", s, want)
				}
			}
		case "oneOf":
			fits := 0
			var last []string
			for _, option := range want.([]any) {
				if last = c.check(where, option.(object), v); len(last) == 0 {
					fits++
				} else if v != nil && len(errs) == 0 && option.(object)["type"] != "null" {
					defer func(details []string) {
						if fits == 0 {
							errs = append(errs, details...)
						}
					}(last)
				}
			}
			if fits != 1 {
				fail("fits %d of the choices", fits)
			}
		case "items":
			list, _ := v.([]any)
			for i, e := range list {
				errs = append(errs, c.check(fmt.Sprintf("%s[%d]", where, i), want.(object), e)...)
			}
		case "required":
			o, ok := v.(object)
			for _, name := range want.([]any) {
				if _, has := o[name.(string)]; ok && !has {
					fail("%s is missing", name)
				}
			}
		case "properties":
			o, _ := v.(object)
			for name, p := range want.(object) {
				if e, has := o[name]; has {
					errs = append(errs, c.check(where+"."+name, p.(object), e)...)
				}
			}
		case "additionalProperties":
			o, _ := v.(object)
			for name := range o {
				if _, known := schema["properties"].(object)[name]; want == false && !known {
					fail("%s is not described", name)
				}
			}
		default:
			c.t.Fatalf("%s: this checker does not know %q", where, word)
		}
	}
	return errs
}

func hasType(v any, name string) bool {
	switch x := v.(type) {
	case nil:
		return name == "null"
	case bool:
		return name == "boolean"
	case string:
		return name == "string"
	case float64:
		return name == "number" || name == "integer" && x == math.Trunc(x)
	case []any:
		return name == "array"
	case object:
		return name == "object"
	}
	return false
}

// A checker that lets everything through would prove nothing.
func TestSchemaCheckerFindsMistakes(t *testing.T) {
	c := schemaChecker{t: t, doc: object{"components": object{"schemas": object{"Word": object{"type": "string", "enum": []any{"a"}}}}}}
	schema := object{"type": "object", "required": []any{"n"}, "additionalProperties": false, "properties": object{
		"n": object{"type": []any{"integer", "null"}}, "at": object{"type": "string", "format": "date-time"},
		"list": object{"type": "array", "items": object{"$ref": "#/components/schemas/Word"}},
		"one":  object{"oneOf": []any{object{"$ref": "#/components/schemas/Word"}, object{"type": "null"}}},
	}}
	for text, ok := range map[string]bool{
		`{"n":1}`: true, `{"n":null,"at":"2026-01-01T00:00:00Z","list":["a","a"],"one":null}`: true, `{"n":2,"one":"a"}`: true,
		`{}`: false, `{"n":1.5}`: false, `{"n":"1"}`: false, `{"n":1,"x":1}`: false, `{"n":1,"at":"yesterday"}`: false,
		`{"n":1,"at":"2026-01-01T00:00:00+02:00"}`: false, `{"n":1,"list":["b"]}`: false, `{"n":1,"one":"b"}`: false, `[]`: false,
	} {
		var v any
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		if errs := c.check("value", schema, v); (len(errs) == 0) != ok {
			t.Errorf("%s: %v", text, errs)
		}
	}
}
