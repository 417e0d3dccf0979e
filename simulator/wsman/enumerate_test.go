package wsman

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// shop is a small WMI: a class with every kind of property, a singleton, and
// one that does not work.
type shop struct{}

var (
	thing = &Class{Namespace: "root/shop", Name: "Shop_Thing", Keys: []string{"Name"}, Properties: []PropertyType{
		{"Count", TypeUint32, false}, {"Made", TypeDatetime, false}, {"Maker", TypeReference, false}, {"Name", TypeString, false},
		{"Note", TypeString, false}, {"Part", TypeObject, false}, {"Sold", TypeBoolean, false}, {"Tags", TypeString, true}, {"Took", TypeDatetime, false}}}
	owner  = &Class{Namespace: "root/shop", Name: "Shop_Owner", Keys: []string{"Name"}, Singleton: true, Properties: []PropertyType{{"Name", TypeString, false}}}
	broken = &Class{Namespace: "root/shop", Name: "Shop_Broken", Keys: []string{"Name"}, Properties: []PropertyType{{"Name", TypeString, false}}}
)

func (shop) Class(namespace, name string) (*Class, error) {
	if !strings.EqualFold(namespace, "root/shop") {
		return nil, fmt.Errorf("%s: %w", namespace, ErrNoNamespace)
	}
	for _, c := range []*Class{thing, owner, broken} {
		if strings.EqualFold(c.Name, name) {
			return c, nil
		}
	}
	return nil, fmt.Errorf("%s: %w", name, ErrNoClass)
}

func (shop) Instances(c *Class) ([]Instance, error) {
	switch c {
	case owner:
		return []Instance{{owner, []any{"Ada & Co"}}}, nil
	case broken:
		return nil, &CIMError{HRESULT: 0x800706d9, Message: "There are no more endpoints available from the endpoint mapper. "}
	}
	maker := Reference{"root/shop", "Shop_Owner", []KeyValue{{"Name", "Ada & Co"}}}
	var out []Instance
	for i := range 5 {
		out = append(out, Instance{thing, []any{uint32(i), fixed.AddDate(0, 0, i), maker, fmt.Sprintf("Thing %d", i), nil, nil, i%2 == 1, nil, nil}})
	}
	out[1].Values[5], out[1].Values[7], out[1].Values[8] = Instance{owner, []any{"inside"}}, []string{"new", "red"}, 100*time.Second
	return out, nil
}

func shopOptions() Options {
	o := options()
	o.CIM = shop{}
	return o
}

const thingURI = wmiURI + "root/shop/Shop_Thing"

// about turns a message about the cmd shell into one about another resource.
func about(resource, msg string) string { return strings.Replace(msg, shellURI, resource, 1) }

func enumerateMessage(resource, inner string) string {
	return about(resource, message(nsN+"/Enumerate", "", `<n:Enumerate>`+inner+`</n:Enumerate>`))
}

func pullMessage(resource, context, inner string) string {
	return about(resource, message(nsN+"/Pull", "", `<n:Pull><n:EnumerationContext>uuid:`+context+`</n:EnumerationContext>`+inner+`</n:Pull>`))
}

func wqlMessage(namespace, text string) string {
	return enumerateMessage(wmiURI+namespace+"/*", `<w:OptimizeEnumeration/><w:MaxElements>100</w:MaxElements><w:Filter Dialect="`+dialectWQL+`">`+
		strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace(text)+`</w:Filter>`)
}

var (
	contextID = regexp.MustCompile(`<n:EnumerationContext>uuid:([0-9A-F-]{36})</n:EnumerationContext>`)
	thingName = regexp.MustCompile(`<(?:p:)?Name>(Thing \d)<`)
)

func names(answer string) string {
	var out []string
	for _, m := range thingName.FindAllStringSubmatch(answer, -1) {
		out = append(out, strings.TrimPrefix(m[1], "Thing "))
	}
	return strings.Join(out, " ")
}

// open counts the enumerations.
func (s *Server) open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.enumerations)
}

func body(answer string) string {
	_, rest, _ := strings.Cut(answer, "<s:Body>")
	return strings.TrimSuffix(rest, "</s:Body></s:Envelope>")
}

// The bytes are those of a recorded answer of Windows Server 2012 (zenoss
// txwinrm's test data), with our objects in them.
func TestInstancesAsWindowsWritesThem(t *testing.T) {
	_, addr := start(t, shopOptions())
	p := logonTo(t, addr)
	status, answer := p.call(wqlMessage("root/shop", "select * from shop_thing where Count = 1"))
	want := `<n:EnumerateResponse><n:EnumerationContext></n:EnumerationContext><w:Items>` +
		`<p:Shop_Thing xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wmi/root/shop/Shop_Thing" xmlns:cim="http://schemas.dmtf.org/wbem/wscim/1/common" xsi:type="p:Shop_Thing_Type">` +
		`<p:Count>1</p:Count><p:Made><cim:Datetime>2026-03-02T12:30:00Z</cim:Datetime></p:Made>` +
		`<p:Maker xmlns:a="` + nsA + `" xmlns:w="` + nsW + `"><a:Address>` + anonymous + `</a:Address><a:ReferenceParameters><w:ResourceURI>` + wmiURI + `root/shop/Shop_Owner</w:ResourceURI><w:SelectorSet><w:Selector Name="Name">Ada &amp; Co</w:Selector></w:SelectorSet></a:ReferenceParameters></p:Maker>` +
		`<p:Name>Thing 1</p:Name><p:Note xsi:nil="true"/>` +
		`<p:Part xmlns:p="` + wmiURI + `root/shop/Shop_Owner" xsi:type="p:Shop_Owner_Type"><p:Name>inside</p:Name></p:Part>` +
		`<p:Sold>true</p:Sold><p:Tags>new</p:Tags><p:Tags>red</p:Tags><p:Took><cim:Interval>P0DT0H1M40S</cim:Interval></p:Took></p:Shop_Thing>` +
		`</w:Items><w:EndOfSequence/></n:EnumerateResponse>`
	if diff := cmp.Diff(want, body(answer)); status != 200 || diff != "" {
		t.Error(status, diff)
	}
	// What a query selects comes as fragments, without namespaces, in the
	// order of the query.
	_, answer = p.call(wqlMessage("root/shop", "select Sold, Name, Made, Tags, Note from Shop_Thing where Name = 'thing 0'"))
	want = `<n:EnumerateResponse><n:EnumerationContext></n:EnumerationContext><w:Items><w:XmlFragment xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:w="` + nsW + `">` +
		`<Sold>false</Sold><Name>Thing 0</Name><Made><Datetime>2026-03-01T12:30:00Z</Datetime></Made><Note xsi:nil="true"/></w:XmlFragment></w:Items><w:EndOfSequence/></n:EnumerateResponse>`
	if diff := cmp.Diff(want, body(answer)); diff != "" {
		t.Error(diff)
	}
}

func TestEnumerateAndPull(t *testing.T) {
	s, addr := start(t, shopOptions())
	p := logonTo(t, addr)
	_, answer := p.call(enumerateMessage(thingURI, ""))
	id := find(t, contextID, answer)
	if strings.Contains(answer, "Items") {
		t.Errorf("items nobody asked for: %s", answer)
	}
	for _, step := range []struct{ inner, names, rest string }{
		{"", "0", ""},
		{"<n:MaxElements>3</n:MaxElements>", "1 2 3", ""},
		{"<n:MaxElements>32000</n:MaxElements>", "4", "</n:Items><n:EndOfSequence/></n:PullResponse>"},
	} {
		_, answer = p.call(pullMessage(thingURI, id, step.inner))
		if names(answer) != step.names || step.rest != "" != strings.HasSuffix(body(answer), "<n:EndOfSequence/></n:PullResponse>") || step.rest == "" && find(t, contextID, answer) != id {
			t.Errorf("%s: %s", step.inner, answer)
		}
	}
	status, answer := p.call(pullMessage(thingURI, id, ""))
	expectFault(t, status, answer, "2150858779")

	_, answer = p.call(enumerateMessage(thingURI, `<w:OptimizeEnumeration/><w:MaxElements>2</w:MaxElements>`))
	id = find(t, contextID, answer)
	if names(answer) != "0 1" || strings.Contains(answer, "EndOfSequence") {
		t.Error(answer)
	}
	release := about(thingURI, message(nsN+"/Release", "", `<n:Release><n:EnumerationContext>uuid:`+id+`</n:EnumerationContext></n:Release>`))
	if status, answer = p.call(release); status != 200 || !strings.Contains(answer, "/ReleaseResponse<") {
		t.Error(status, answer)
	}
	status, answer = p.call(release)
	expectFault(t, status, answer, "2150858779")
	if n := s.open(); n != 0 {
		t.Errorf("%d enumerations left", n)
	}
}

func TestEnvelopeBoundsItems(t *testing.T) {
	_, addr := start(t, shopOptions())
	p := logonTo(t, addr)
	small := func(msg string, size int) string {
		return strings.Replace(msg, "</s:Header>", fmt.Sprintf("<w:MaxEnvelopeSize>%d</w:MaxEnvelopeSize></s:Header>", size), 1)
	}
	all := enumerateMessage(thingURI, `<w:OptimizeEnumeration/><w:MaxElements>100</w:MaxElements>`)
	_, answer := p.call(small(all, 8192))
	got := names(answer)
	if len(answer) > 8192 {
		t.Errorf("%d bytes", len(answer))
	}
	for strings.Contains(answer, "uuid:") && !strings.Contains(answer, "EndOfSequence") {
		_, answer = p.call(pullMessage(thingURI, find(t, contextID, answer), `<n:MaxElements>100</n:MaxElements><n:MaxCharacters>1800</n:MaxCharacters>`))
		got += " " + names(answer)
	}
	if got != "0 1 2 3 4" {
		t.Errorf("got %s", got)
	}
	_, answer = p.call(enumerateMessage(thingURI, ""))
	status, answer := p.call(pullMessage(thingURI, find(t, contextID, answer), `<n:MaxCharacters>100</n:MaxCharacters>`))
	expectFault(t, status, answer, "2150858790")
}

func TestEnumerationsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := shopOptions()
		o.MaxEnumerationsPerUser = 2
		s, l := startPipe(o)
		p := l.dial(t)
		p.logon("CONTOSO", "operator", password)
		open := enumerateMessage(thingURI, "")
		_, answer := p.call(open)
		first := find(t, contextID, answer)
		_, answer = p.call(enumerateMessage(thingURI, "<n:Expires>PT30S</n:Expires>"))
		short := find(t, contextID, answer)
		status, answer := p.call(open)
		expectFault(t, status, answer, "2150859174")
		time.Sleep(31 * time.Second)
		status, answer = p.call(pullMessage(thingURI, short, ""))
		expectFault(t, status, answer, "2150858779")
		time.Sleep(100 * time.Second)
		if status, answer = p.call(pullMessage(thingURI, first, "")); status != 200 { // and the time begins anew
			t.Fatal(answer)
		}
		p.nc.Close()
		time.Sleep(239 * time.Second)
		p = l.dial(t)
		p.logon("CONTOSO", "operator", password)
		if status, answer = p.call(pullMessage(thingURI, first, "")); status != 200 {
			t.Fatal(answer)
		}
		p.nc.Close()
		time.Sleep(241 * time.Second)
		if n := s.open(); n != 0 {
			t.Errorf("%d enumerations left", n)
		}
		p = l.dial(t)
		p.logon("CONTOSO", "operator", password)
		p.call(open)
		p.nc.Close()
		s.Close()
		if n := s.open(); n != 0 {
			t.Errorf("%d enumerations left after Close", n)
		}
	})
}

func TestEnumerationModes(t *testing.T) {
	_, addr := start(t, shopOptions())
	p := logonTo(t, addr)
	all := `<w:OptimizeEnumeration/><w:MaxElements>100</w:MaxElements><w:EnumerationMode>%s</w:EnumerationMode>`
	epr := `<a:EndpointReference><a:Address>` + anonymous + `</a:Address><a:ReferenceParameters><w:ResourceURI>` + thingURI + `</w:ResourceURI><w:SelectorSet><w:Selector Name="Name">Thing 3</w:Selector></w:SelectorSet></a:ReferenceParameters></a:EndpointReference>`
	_, answer := p.call(enumerateMessage(thingURI, fmt.Sprintf(all, "EnumerateEPR")))
	if !strings.Contains(answer, epr) || strings.Contains(answer, "<p:") {
		t.Error(answer)
	}
	_, answer = p.call(enumerateMessage(thingURI, fmt.Sprintf(all, "EnumerateObjectAndEPR")))
	if strings.Count(answer, "<w:Item>") != 5 || !strings.Contains(answer, "</p:Shop_Thing>"+epr+"</w:Item>") {
		t.Error(answer)
	}
	status, answer := p.call(enumerateMessage(thingURI, fmt.Sprintf(all, "Everything")))
	expectFault(t, status, answer, "2150858886")
}

func TestGetInstance(t *testing.T) {
	_, addr := start(t, shopOptions())
	p := logonTo(t, addr)
	get := func(resource, header string) (int, string) {
		return p.call(about(resource, message(nsX+"/Get", header, "")))
	}
	by := func(name, value string) string {
		return `<w:SelectorSet><w:Selector Name="` + name + `">` + value + `</w:Selector></w:SelectorSet>`
	}
	for name, tt := range map[string]struct{ resource, header, want string }{
		"by key":         {thingURI, by("Name", "Thing 2"), `<p:Count>2</p:Count>`},
		"in any case":    {strings.ToLower(thingURI), by("NAME", "tHING 2"), `<p:Shop_Thing xmlns`},
		"singleton":      {wmiURI + "root/shop/Shop_Owner", "", `<p:Name>Ada &amp; Co</p:Name>`},
		"DMTF":           {dmtfURI + "cim-schema/2/Shop_Owner", by("__cimnamespace", `root\shop`), `<p:Name>Ada &amp; Co</p:Name>`},
		"same namespace": {wmiURI + "root/shop/Shop_Owner", by("__cimnamespace", "root/shop"), `<p:Name>Ada &amp; Co</p:Name>`},
		"fragment":       {thingURI, by("Name", "Thing 2") + `<w:FragmentTransfer s:mustUnderstand="true">p:Count</w:FragmentTransfer>`, `<p:Count>2</p:Count></w:XmlFragment>`},
		"text":           {thingURI, by("Name", "Thing 2") + `<w:FragmentTransfer s:mustUnderstand="true">Count/text()</w:FragmentTransfer>`, `>2</w:XmlFragment>`},
	} {
		if status, answer := get(tt.resource, tt.header); status != 200 || !strings.Contains(answer, tt.want) {
			t.Errorf("%s: %d %s", name, status, answer)
		}
	}
	for name, tt := range map[string]struct{ resource, header, code string }{
		"no such instance":  {thingURI, by("Name", "Thing 9"), "2150858752"},
		"no such class":     {wmiURI + "root/shop/Shop_Nothing", by("Name", "x"), "2150858752"},
		"no such namespace": {wmiURI + "root/nowhere/Shop_Thing", by("Name", "x"), "2150858752"},
		"no keys":           {thingURI, "", "2150859002"},
		"not a property":    {thingURI, by("Colour", "red"), "2150858843"},
		"not the key":       {thingURI, by("Count", "1"), "2150858843"},
		"two namespaces":    {thingURI, by("__cimnamespace", "root/cimv2"), "2150859067"},
		"no class":          {wmiURI + "root/shop/", "", "2150858754"},
		"no resource":       {"", "", "2150858754"},
		"broken":            {wmiURI + "root/shop/Shop_Broken", by("Name", "x"), "2147944153"},
		"bad fragment":      {thingURI, by("Name", "Thing 2") + `<w:FragmentTransfer>Colour</w:FragmentTransfer>`, "2150858778"},
		"no such config":    {configURI + "/nothing", "", "2150858811"},
	} {
		status, answer := get(tt.resource, tt.header)
		if status != 500 || find(t, faultCode, answer) != tt.code {
			t.Errorf("%s: want %s, got %d %s", name, tt.code, status, answer)
		}
	}
}

func TestFilterFaults(t *testing.T) {
	_, addr := start(t, shopOptions())
	p := logonTo(t, addr)
	filter := func(dialect, text string) string {
		return `<w:Filter Dialect="` + dialect + `">` + text + `</w:Filter>`
	}
	for name, tt := range map[string]struct{ msg, code string }{
		"WQL on a class":      {enumerateMessage(thingURI, filter(dialectWQL, "select * from Shop_Thing")), "2150859003"},
		"star without filter": {enumerateMessage(wmiURI+"root/shop/*", ""), "2150858778"},
		"other dialect":       {enumerateMessage(wmiURI+"root/shop/*", filter("http://example.com/XQuery", "all")), "2150858777"},
		"syntax":              {wqlMessage("root/shop", "select from"), "2150858778"},
		"property":            {wqlMessage("root/shop", "select Colour from Shop_Thing"), "2150858778"},
		"property in where":   {wqlMessage("root/shop", "select * from Shop_Thing where Colour = 'red'"), "2150858778"},
		"class":               {wqlMessage("root/shop", "select * from Shop_Nothing"), "2150858778"},
		"namespace":           {wqlMessage("root/nowhere", "select * from Shop_Thing"), "2150858752"},
		"broken":              {wqlMessage("root/shop", "select * from Shop_Broken"), "2147944153"},
		"keys":                {strings.Replace(enumerateMessage(thingURI, ""), "</s:Header>", `<w:SelectorSet><w:Selector Name="Name">x</w:Selector></w:SelectorSet></s:Header>`, 1), "2150859016"},
		"filter on shells":    {enumerateMessage(shellURI, filter(dialectWQL, "x")), "2150858776"},
		"selector filter":     {enumerateMessage(thingURI, filter(dialectSelector, `<w:SelectorSet><w:Selector Name="Colour">x</w:Selector></w:SelectorSet>`)), "2150858778"},
		"expires":             {enumerateMessage(thingURI, `<n:Expires>PT0S</n:Expires>`), "2150858774"},
		"no context":          {about(thingURI, message(nsN+"/Pull", "", `<n:Pull/>`)), "2150858779"},
		"no elements":         {enumerateMessage(thingURI, `<w:OptimizeEnumeration/><w:MaxElements>0</w:MaxElements>`), "87"},
		"shell on WMI":        {about(thingURI, createMessage("")), "2150858753"},
	} {
		status, answer := p.call(tt.msg)
		if status != 500 || find(t, faultCode, answer) != tt.code {
			t.Errorf("%s: want %s, got %d %s", name, tt.code, status, answer)
		}
	}
	// Word for word what a 2008 R2 answered (WinRb/WinRM's recordings).
	_, answer := p.call(wqlMessage("root/shop", `Select * from Shop_Thinga where name="x"`))
	want := `<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>n:CannotProcessFilter</s:Value></s:Subcode></s:Code><s:Reason><s:Text xml:lang="en-US">The data source could not process the filter. The filter might be missing or it might be invalid. Change the filter and try the request again.  </s:Text></s:Reason>` +
		`<s:Detail><f:WSManFault xmlns:f="` + nsFault + `" Code="2150858778" Machine="hv-01"><f:Message><f:ProviderFault provider="WMI Provider" path="%systemroot%\system32\WsmWmiPl.dll"><f:WSManFault xmlns:f="` + nsFault + `" Code="2150858778" Machine="HV-01"><f:Message>The specified class does not exist in the given namespace. </f:Message></f:WSManFault>` +
		`<f:ExtendedError><p:__ExtendedStatus xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wmi/root/shop/__ExtendedStatus" xmlns:cim="http://schemas.dmtf.org/wbem/wscim/1/common" xsi:type="p:__ExtendedStatus_Type"><p:Description xsi:nil="true"/><p:Operation>ExecQuery</p:Operation><p:ParameterInfo>Select * from Shop_Thinga where name=&#34;x&#34;</p:ParameterInfo><p:ProviderName>WinMgmt</p:ProviderName><p:StatusCode xsi:nil="true"/></p:__ExtendedStatus></f:ExtendedError></f:ProviderFault></f:Message></f:WSManFault></s:Detail></s:Fault>`
	if diff := cmp.Diff(want, body(answer)); diff != "" || !strings.Contains(answer, "<a:Action>"+nsN+"/fault</a:Action>") {
		t.Error(diff, answer)
	}
}

func TestSelectorFilter(t *testing.T) {
	_, addr := start(t, shopOptions())
	p := logonTo(t, addr)
	_, answer := p.call(enumerateMessage(thingURI, `<w:OptimizeEnumeration/><w:MaxElements>9</w:MaxElements><w:Filter Dialect="`+dialectSelector+`"><w:SelectorSet><w:Selector Name="sold">TRUE</w:Selector></w:SelectorSet></w:Filter>`))
	if names(answer) != "1 3" {
		t.Error(answer)
	}
}

func TestOtherUsersEnumeration(t *testing.T) {
	o := shopOptions()
	o.Users["Reader"] = "another"
	_, addr := start(t, o)
	p, q := logonTo(t, addr), dial(t, addr)
	q.logon("", "reader", "another")
	_, answer := p.call(enumerateMessage(thingURI, ""))
	status, answer := q.call(pullMessage(thingURI, find(t, contextID, answer), ""))
	expectFault(t, status, answer, "2150858779")
}

func TestConfigAndListeners(t *testing.T) {
	o := shopOptions()
	o.AllowBasic = true
	_, plain, secure := startTLS(t, o)
	p := logonTo(t, plain)
	_, answer := p.call(about(configURI, message(nsX+"/Get", "", "")))
	for _, want := range []string{`<cfg:Config xmlns:cfg="` + configURI + `"`, `<cfg:MaxEnvelopeSizekb>500</cfg:MaxEnvelopeSizekb>`, `<cfg:MaxShellsPerUser>30</cfg:MaxShellsPerUser>`,
		`<cfg:AllowUnencrypted>false</cfg:AllowUnencrypted><cfg:Auth><cfg:Basic>true</cfg:Basic><cfg:Kerberos>false</cfg:Kerberos><cfg:Negotiate>true</cfg:Negotiate>`} {
		if !strings.Contains(answer, want) {
			t.Errorf("no %s in %s", want, answer)
		}
	}
	_, answer = p.call(about(configURI+"/Winrs", message(nsX+"/Get", "", "")))
	if !strings.HasPrefix(body(answer), `<cfg:Winrs xmlns:cfg="`+configURI+`/winrs"`) || strings.Contains(answer, "Envelope>500") {
		t.Error(answer)
	}
	listeners := configURI + "/listener"
	_, answer = p.call(enumerateMessage(listeners, `<w:OptimizeEnumeration/><w:MaxElements>9</w:MaxElements>`))
	port := func(addr string) string {
		return `<cfg:Port>` + addr[strings.LastIndexByte(addr, ':')+1:] + `</cfg:Port>`
	}
	http := `<cfg:Address>*</cfg:Address><cfg:Transport>HTTP</cfg:Transport>` + port(plain)
	https := `<cfg:Transport>HTTPS</cfg:Transport>` + port(secure) + `<cfg:Hostname>hv-01 (simulated)</cfg:Hostname>`
	if !strings.Contains(answer, http) || !strings.Contains(answer, https) || !regexp.MustCompile(`<cfg:CertificateThumbprint>[0-9A-F]{40}<`).MatchString(answer) {
		t.Error(answer)
	}
	_, answer = p.call(about(listeners, message(nsX+"/Get", `<w:SelectorSet><w:Selector Name="Address">*</w:Selector><w:Selector Name="Transport">https</w:Selector></w:SelectorSet>`, "")))
	if !strings.Contains(answer, https) || strings.Contains(answer, "<cfg:Transport>HTTP<") {
		t.Error(answer)
	}
	status, answer := p.call(about(listeners, message(nsX+"/Get", "", "")))
	expectFault(t, status, answer, "2150858843")
}

func TestWQL(t *testing.T) {
	list, _ := shop{}.Instances(thing)
	for text, want := range map[string]string{
		"SELECT * FROM Shop_Thing":                                              "0 1 2 3 4",
		"select\tName\nfrom Shop_Thing where count >= 3":                        "3 4",
		"select * from Shop_Thing where Count < 2 or Count = '4'":               "0 1 4",
		"select * from Shop_Thing where Sold = TRUE":                            "1 3",
		"select * from Shop_Thing where Sold = 'false' and Count<>0":            "2 4",
		"select * from Shop_Thing where not (Count=1 or Count=2)":               "0 3 4",
		`select * from Shop_Thing where Name like "%ing [1-3]"`:                 "1 2 3",
		"select * from Shop_Thing where Name like 'thing [^1-3]'":               "0 4",
		"select * from Shop_Thing where not Name like 'Thing _'":                "",
		"select * from Shop_Thing where Name not like '%4'":                     "0 1 2 3",
		"select * from Shop_Thing where Note is null and Took is not null":      "1",
		"select * from Shop_Thing where Note = 'x' or Note <> 'x'":              "",
		"select * from Shop_Thing where 2 < Count":                              "3 4",
		"select Shop_Thing.Name from Shop_Thing where Shop_Thing.Count=2":       "2",
		"select * from Shop_Thing where Made > '20260304113000.000000-060'":     "4",
		"select * from Shop_Thing where Made = '20260302133000.000000+060'":     "1",
		`select * from Shop_Thing where Name = "Thing \"2"`:                     "",
		"select * from Shop_Thing where Count = 1 and Count = 1 or Count = 2":   "1 2",
		"select * from Shop_Thing where Count = 1 and (Count = 1 or Count = 2)": "1",
	} {
		q, err := parseWQL(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if _, err := q.bind(thing); err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		var got []string
		for _, i := range q.filter(list) {
			got = append(got, strings.TrimPrefix(i.Value("Name").(string), "Thing "))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %v, want %s", text, got, want)
		}
	}
	for _, text := range []string{"", "select", "select * from", "select * from T where", "select a b from T", "delete from T", "select * from T where a", "select * from T where a =",
		"select * from T where a = b", "select * from T where a == 1", "select * from T where (a = 1", "select * from T where a = 'x", "select * from T where a like 5",
		"select * from T where not Sold", "select * from T order by a", "select * from T; drop", "select * from T where a = 1e9999999", "associators of {T.a='1'}",
		"select * from T where " + strings.Repeat("(", 100) + "a=1" + strings.Repeat(")", 100), "select * from T where a = '" + strings.Repeat("x", maxQuery) + "'", "select * from T where a = '\xff'"} {
		if _, err := parseWQL(text); !errors.Is(err, errWQL) {
			t.Errorf("%.60q: %v", text, err)
		}
	}
}

func FuzzWQL(f *testing.F) {
	f.Add(`select Name, Count from Shop_Thing where (Name like '%[^a-c]_' or not Count <= 5.5) and Made > '20260304113000.000000-060'`)
	f.Add("select * from Shop_Thing where 1 = Count and Tags is not null")
	list, _ := shop{}.Instances(thing)
	f.Fuzz(func(t *testing.T, text string) {
		q, err := parseWQL(text)
		if err != nil {
			return
		}
		if _, err := q.bind(thing); err == nil {
			q.filter(list)
		}
	})
}
