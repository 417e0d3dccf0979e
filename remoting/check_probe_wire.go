package remoting

import (
	"context"
	"fmt"
	"net/http"

	"looksalive/cluster"
)

// probePlain sends a message without sealing where it should be sealed. It is Identify,
// which says nothing of us.
func (n *nodeCheck) probePlain(ctx context.Context) []cluster.CheckProbe {
	const what, want = "a message that is not sealed", "refused with HTTP status 401 or 500"
	if scheme, _, _ := n.target(); scheme != "http" {
		return nil
	}
	l, err := n.lane()
	if err != nil {
		return nil
	}
	defer l.drop()
	if l.conn, err = l.connect(ctx); err == nil {
		err = l.signIn(ctx)
	}
	if err != nil {
		l.drop()
		return []cluster.CheckProbe{n.notProbed(what, want, err)}
	}
	res, _, err := l.conn.roundTrip(ctx, l.request(soapType, "", []byte(identifyBody)), l.limit)
	if err != nil {
		return []cluster.CheckProbe{n.notProbed(what, want, err)}
	}
	return []cluster.CheckProbe{probed(what, want, fmt.Sprintf("HTTP status %d, connection closed: %t", res.StatusCode, res.Close),
		res.StatusCode == http.StatusUnauthorized || res.StatusCode == http.StatusInternalServerError)}
}

const wmiURI = "http://schemas.microsoft.com/wbem/wsman/1/wmi/"

// probeWQL asks root/MSCluster without any PowerShell.
func (n *nodeCheck) probeWQL(ctx context.Context) []cluster.CheckProbe {
	const what, want = "WQL over WS-Management", "root/MSCluster answers a query without a shell"
	l, err := n.lane()
	if err != nil {
		return nil
	}
	defer l.drop()
	body, err := l.once(ctx, enumerate(n.node.URL, wmiURI+"root/mscluster/*", "SELECT Name FROM MSCluster_Cluster"))
	if err != nil {
		return []cluster.CheckProbe{n.notProbed(what, want, err)}
	}
	names := textsOf(body, "Name")
	return []cluster.CheckProbe{probed(what, want, fmt.Sprintf("%d objects with a name%s", len(names), faultIn(body)), len(names) > 0 && faultIn(body) == "")}
}

// enumerate is a WS-Enumeration request that wants its answer at once (MS-WSMV 3.1.4.1.16,
// OptimizeEnumeration). query is WQL, or "".
func enumerate(url, resource, query string) []byte {
	filter := ""
	if query != "" {
		filter = `<w:Filter Dialect="http://schemas.microsoft.com/wbem/wsman/1/WQL">` + escape(query) + `</w:Filter>`
	}
	return []byte(`<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"` +
		` xmlns:n="http://schemas.xmlsoap.org/ws/2004/09/enumeration" xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"><s:Header>` +
		`<a:To>` + escape(url) + `</a:To><w:ResourceURI s:mustUnderstand="true">` + escape(resource) + `</w:ResourceURI>` +
		`<a:ReplyTo><a:Address s:mustUnderstand="true">` + anonymous + `</a:Address></a:ReplyTo>` +
		`<a:Action s:mustUnderstand="true">http://schemas.xmlsoap.org/ws/2004/09/enumeration/Enumerate</a:Action>` +
		`<w:MaxEnvelopeSize s:mustUnderstand="true">153600</w:MaxEnvelopeSize><a:MessageID>` + newID() + `</a:MessageID>` +
		`<w:OperationTimeout>` + sendFor + `</w:OperationTimeout></s:Header><s:Body><n:Enumerate><w:OptimizeEnumeration/><w:MaxElements>100</w:MaxElements>` +
		filter + `</n:Enumerate></s:Body></s:Envelope>`)
}

// textsOf lists what stands in the elements of a local name, at most 200 of them.
func textsOf(body []byte, local string) []string {
	var out []string
	err := walkXML(body, func(element, int) error { return nil }, func(e, _ element, text []byte) error {
		if string(e.local()) == local && len(out) < 200 {
			if s := clean(string(text), nameLen); s != "" {
				out = append(out, s)
			}
		}
		return nil
	})
	if err != nil {
		return nil
	}
	return out
}

// faultIn says which fault an answer is, "" if it is none.
func faultIn(body []byte) string {
	r, err := parseReply(body)
	if err != nil || r.fault == nil {
		return ""
	}
	return ", " + r.fault.Error()
}
