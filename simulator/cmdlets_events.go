package simulator

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"looksalive/simulator/powershell"
)

const eventRecord = "System.Diagnostics.Eventing.Reader.EventLogRecord"

// eventCmdlets read the logs of the node.
func (s *console) eventCmdlets() []*powershell.Cmdlet {
	return []*powershell.Cmdlet{
		{Name: "Get-WinEvent", Class: commandsClass + "GetWinEventCommand", Module: "Microsoft.PowerShell.Diagnostics", Params: []powershell.Param{{Name: "LogName", Kind: powershell.KindStrings, Position: 1, Pipeline: true}, {Name: "ListLog", Kind: powershell.KindStrings}, {Name: "FilterHashtable", Kind: powershell.KindList}, {Name: "ProviderName", Kind: powershell.KindStrings}, {Name: "FilterXPath", Kind: powershell.KindString}, {Name: "MaxEvents", Kind: powershell.KindLong}, {Name: "Oldest", Kind: powershell.KindSwitch}, {Name: "ComputerName", Aliases: []string{"Cn"}, Kind: powershell.KindString}}, Process: s.winEvent},
		{Name: "Get-EventLog", Class: commandsClass + "GetEventLogCommand", Module: managementModule, Params: []powershell.Param{{Name: "LogName", Aliases: []string{"LN"}, Kind: powershell.KindString, Position: 1, Mandatory: true}, {Name: "Newest", Kind: powershell.KindInt}, {Name: "EntryType", Kind: powershell.KindStrings}, {Name: "Source", Kind: powershell.KindStrings}, {Name: "InstanceId", Kind: powershell.KindList, Position: 2}, {Name: "After", Kind: powershell.KindDate}, {Name: "Before", Kind: powershell.KindDate}, {Name: "Message", Kind: powershell.KindString}}, Process: s.eventLog},
	}
}

// logs are the nodes' event logs and their sizes.
var logs = []struct {
	name  string
	bytes int64
}{
	{logApplication, 20971520}, {logSecurity, 20971520}, {logSystem, 20971520}, {logCluster, 15728640},
	{"Microsoft-Windows-Hyper-V-VMMS-Admin", 1052672}, {"Microsoft-Windows-Health/Operational", 1052672},
	{"Microsoft-Windows-StorageSpaces-Driver/Operational", 1052672}, {"Microsoft-Windows-SmbClient/Connectivity", 8388608},
}

var levelWords = map[int]string{levelAudit: "Information", levelCritical: "Critical", levelError: "Error", levelWarning: "Warning", levelInfo: "Information"}

// eventQuery is what a call asks for; empty parts ask for everything.
type eventQuery struct {
	logs, providers []string
	ids, levels     []int
	from, to        time.Time
}

func (q eventQuery) fits(e *logEvent) bool {
	switch {
	case len(q.logs) > 0 && !anyWild(q.logs, e.log), len(q.providers) > 0 && !anyWild(q.providers, e.provider):
		return false
	case len(q.ids) > 0 && !slices.Contains(q.ids, e.id), len(q.levels) > 0 && !slices.Contains(q.levels, e.level):
		return false
	}
	return (q.from.IsZero() || !e.at.Before(q.from)) && (q.to.IsZero() || !e.at.After(q.to))
}

// filterKeys are those of -FilterHashtable that mean something here.
func (s *console) filterKeys(in *powershell.Interp, h *powershell.Hash) (q eventQuery, err error) {
	invalid := func(message string) error {
		return powershell.NewError("System.Exception", "InvalidFilter", "InvalidArgument", nil, message)
	}
	words := func(v any) (out []string) {
		list, ok := v.([]any)
		if !ok {
			list = []any{v}
		}
		for _, x := range list {
			out = append(out, fmt.Sprint(x))
		}
		return out
	}
	numbers := func(v any) (out []int, err error) {
		list, ok := v.([]any)
		if !ok {
			list = []any{v}
		}
		for _, x := range list {
			n, err := powershell.Int(x)
			if err != nil {
				return nil, invalid("The parameter is incorrect")
			}
			out = append(out, n)
		}
		return out, nil
	}
	for _, k := range h.Keys() {
		v, _ := h.Get(k)
		switch strings.ToLower(fmt.Sprint(k)) {
		case "logname":
			q.logs = words(v)
		case "providername":
			q.providers = words(v)
		case "id":
			q.ids, err = numbers(v)
		case "level":
			if q.levels, err = numbers(v); slices.Contains(q.levels, levelInfo) {
				q.levels = append(q.levels, levelAudit)
			}
		case "starttime", "endtime":
			at, cast := in.Date(v)
			if cast != nil {
				return q, invalid("The parameter is incorrect")
			}
			if strings.EqualFold(fmt.Sprint(k), "StartTime") {
				q.from = at
			} else {
				q.to = at
			}
		default:
			err = powershell.NewError("System.NotSupportedException", "NotSupported", "NotImplemented", k, fmt.Sprintf("The key %q of -FilterHashtable is not supported by this simulated machine.", k))
		}
		if err != nil {
			return q, err
		}
	}
	if len(q.logs) == 0 && len(q.providers) == 0 {
		return q, invalid("The parameter is incorrect")
	}
	return q, nil
}

var (
	xpathID    = regexp.MustCompile(`EventID\s*=\s*'?(\d+)'?`)
	xpathLevel = regexp.MustCompile(`Level\s*=\s*'?(\d+)'?`)
	xpathSince = regexp.MustCompile(`timediff\(@SystemTime\)\s*<=?\s*(\d+)`)
	xpathKnown = regexp.MustCompile(`^[\s*\[\]()/=<>'@\d]*$`)
)

// xpath reads the usual forms of -FilterXPath: ids, levels, and how old.
func (s *console) xpath(text string, q *eventQuery) error {
	left := text
	take := func(re *regexp.Regexp, f func(int)) {
		for _, m := range re.FindAllStringSubmatch(text, -1) {
			n, err := strconv.Atoi(m[1])
			if err == nil {
				f(n)
				left = strings.Replace(left, m[0], "", 1)
			}
		}
	}
	take(xpathID, func(n int) { q.ids = append(q.ids, n) })
	take(xpathLevel, func(n int) { q.levels = append(q.levels, n) })
	take(xpathSince, func(n int) { q.from = s.h.time().Add(-time.Duration(n) * time.Millisecond) })
	for _, word := range []string{"Event", "System", "TimeCreated", " and ", " or "} {
		left = strings.ReplaceAll(left, word, " ")
	}
	if !xpathKnown.MatchString(left) {
		return powershell.NewError("System.NotSupportedException", "NotSupported", "NotImplemented", text, "This form of -FilterXPath is not supported by this simulated machine.")
	}
	return nil
}

func (s *console) winEvent(call *powershell.Call) error {
	if err := s.onlyHere(call.Text("ComputerName")); err != nil {
		return err
	}
	if call.Has("ListLog") {
		return s.listLogs(call)
	}
	var queries []eventQuery
	for _, v := range asList(call.Value("FilterHashtable")) {
		h, ok := v.(*powershell.Hash)
		if !ok {
			continue
		}
		q, err := s.filterKeys(call.Interp(), h)
		if err != nil {
			return err
		}
		queries = append(queries, q)
	}
	if queries == nil {
		q := eventQuery{logs: call.Texts("LogName"), providers: call.Texts("ProviderName")}
		if q.logs == nil && q.providers == nil && !call.Has("FilterXPath") {
			q.logs = []string{"*"}
		}
		if text := call.Text("FilterXPath"); text != "" {
			if err := s.xpath(text, &q); err != nil {
				return err
			}
		}
		queries = []eventQuery{q}
	}
	for _, q := range queries {
		for _, name := range q.logs {
			known := slices.ContainsFunc(logs, func(l struct {
				name  string
				bytes int64
			}) bool {
				return powershell.Wildcard(l.name, name)
			})
			if !known {
				return powershell.NewError("System.Exception", "NoMatchingLogsFound", "ObjectNotFound", name, "There is not an event log on the localhost computer that matches \""+name+"\".")
			}
			if strings.EqualFold(name, logSecurity) && !s.h.allowed(RightAdmin) {
				return powershell.NewError("System.UnauthorizedAccessException", "LogInfoUnavailable", "NotSpecified", name, "Could not retrieve information about the Security log. Error: Attempted to perform an unauthorized operation..")
			}
		}
	}
	limit := int64(1) << 40
	if n, ok := call.Value("MaxEvents").(int64); ok {
		limit = n
	}
	var found []any
	s.locked(func(c *simCluster) ([]any, error) {
		list := c.eventsOf(s.h.node)
		if !call.On("Oldest") {
			slices.Reverse(list)
		}
		offset := c.condOf(s.h.node).clockStep
		for i := range list {
			e := &list[i]
			e.at = e.at.Add(offset)
			if int64(len(found)) < limit && slices.ContainsFunc(queries, func(q eventQuery) bool { return q.fits(e) }) {
				found = append(found, s.eventObject(c, e))
			}
		}
		return nil, nil
	})
	if len(found) == 0 {
		return call.Fail(powershell.NewError("System.Exception", "NoMatchingEventsFound", "ObjectNotFound", nil, "No events were found that match the specified selection criteria."))
	}
	return call.WriteAll(found)
}

// asList is a parameter's value as a list.
func asList(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	if v == nil {
		return nil
	}
	return []any{v}
}

// onlyHere refuses another computer's name: a network logon is not passed on
// (the double hop).
func (s *console) onlyHere(name string) error {
	if name == "" || name == "." || strings.EqualFold(name, "localhost") || s.findNode(name) == s.h.node {
		return nil
	}
	return powershell.NewError("System.UnauthorizedAccessException", "System.UnauthorizedAccessException", "NotSpecified", name, "Attempted to perform an unauthorized operation.")
}

func (s *console) eventObject(c *simCluster, e *logEvent) *powershell.Object {
	level, task := levelWords[e.level], any(nil)
	var owner any
	if e.provider == providerCluster {
		owner = "S-1-5-18"
	}
	if e.level == levelAudit {
		task = "Logon"
	}
	o := powershell.NewObject(eventRecord, "Message", e.message, "Id", e.id, "Version", uint8(0), "Qualifiers", nil, "Level", uint8(e.level), "Task", 0, "Opcode", int16(0), "Keywords", int64(-9223372036854775808),
		"RecordId", e.record, "ProviderName", e.provider, "ProviderId", nil, "LogName", e.log, "ProcessId", 4, "ThreadId", 8, "MachineName", c.computer(s.h.node), "UserId", owner, "TimeCreated", e.at,
		"ContainerLog", e.log, "LevelDisplayName", level, "TaskDisplayName", task, "OpcodeDisplayName", "Info", "Properties", []any{})
	o.Types = append([]string{eventRecord}, "System.Diagnostics.Eventing.Reader.EventRecord", "System.Object")
	return o
}

func (s *console) listLogs(call *powershell.Call) error {
	names := call.Texts("ListLog")
	found := false
	err := s.read(call, func(c *simCluster) ([]any, error) {
		count := map[string]int64{}
		for _, e := range c.eventsOf(s.h.node) {
			count[e.log]++
		}
		var out []any
		for _, l := range logs {
			if !anyWild(names, l.name) {
				continue
			}
			found = true
			o := powershell.NewObject("System.Diagnostics.Eventing.Reader.EventLogConfiguration", "LogName", l.name, "LogMode", powershell.Enum{Type: "System.Diagnostics.Eventing.Reader.EventLogMode", Name: "Circular"}, "MaximumSizeInBytes", l.bytes, "RecordCount", count[l.name], "IsEnabled", true, "IsLogFull", false, "LogFilePath", `%SystemRoot%\System32\Winevt\Logs\`+strings.ReplaceAll(l.name, "/", "%4")+".evtx")
			o.Text = func() string { return l.name }
			out = append(out, o)
		}
		return out, nil
	})
	if err == nil && !found {
		err = call.Fail(powershell.NewError("System.Exception", "NoMatchingLogsFound", "ObjectNotFound", nil, "There is not an event log on the localhost computer that matches \""+strings.Join(names, ", ")+"\"."))
	}
	return err
}

// eventLog is Get-EventLog, for the classic logs.
func (s *console) eventLog(call *powershell.Call) error {
	name := call.Text("LogName")
	if !anyFold([]string{logSystem, logSecurity, logApplication}, name) {
		return powershell.NewError("System.InvalidOperationException", "System.InvalidOperationException", "NotSpecified", nil, "The event log '"+name+"' on computer '.' does not exist.")
	}
	if strings.EqualFold(name, logSecurity) && !s.h.allowed(RightAdmin) {
		return powershell.NewError("System.Security.SecurityException", "System.Security.SecurityException", "NotSpecified", nil, "Requested registry access is not allowed.")
	}
	limit := call.Int("Newest", 1<<30)
	var found []any
	s.locked(func(c *simCluster) ([]any, error) {
		list := c.eventsOf(s.h.node)
		slices.Reverse(list)
		for _, e := range list {
			kind := levelWords[e.level]
			if e.level == levelAudit {
				kind = map[int]string{4624: "SuccessAudit", 4625: "FailureAudit"}[e.id]
			}
			if e.level == levelCritical {
				kind = "Error"
			}
			after, _ := call.Value("After").(time.Time)
			before, _ := call.Value("Before").(time.Time)
			switch {
			case len(found) >= limit, !strings.EqualFold(e.log, name), call.Has("EntryType") && !anyFold(call.Texts("EntryType"), kind), call.Has("Source") && !anyWild(call.Texts("Source"), e.provider),
				call.Has("InstanceId") && !anyFold(call.Texts("InstanceId"), strconv.Itoa(e.id)), call.Has("Message") && !powershell.Wildcard(e.message, call.Text("Message")),
				!after.IsZero() && !e.at.After(after), !before.IsZero() && !e.at.Before(before):
				continue
			}
			o := powershell.NewObject("System.Diagnostics.EventLogEntry", "Index", int(e.record), "TimeGenerated", e.at, "TimeWritten", e.at, "EntryType", powershell.Enum{Type: "System.Diagnostics.EventLogEntryType", Name: kind}, "Source", e.provider, "InstanceId", int64(e.id), "EventID", e.id, "Message", e.message, "Category", "(0)", "MachineName", c.computer(s.h.node), "UserName", e.user)
			found = append(found, o)
		}
		return nil, nil
	})
	if len(found) == 0 {
		return call.Fail(powershell.NewError("System.ArgumentException", "GetEventLogNoEntriesFound", "ObjectNotFound", nil, "No matches found"))
	}
	return call.WriteAll(found)
}

// eventViews are the tables of Event.format.ps1xml and of Get-EventLog.
var eventViews = map[string]*powershell.View{
	eventRecord: {
		Table: []powershell.Column{{Label: "TimeCreated", Width: 26}, {Label: "Id", Width: 8, Right: true}, {Label: "LevelDisplayName", Width: 16}, {Label: "Message"}},
		Group: func(v any) string { return "ProviderName: " + fmt.Sprint(v.(*powershell.Object).Get("ProviderName")) },
	},
	"System.Diagnostics.Eventing.Reader.EventLogConfiguration": {Table: []powershell.Column{{Label: "LogMode", Width: 9}, {Label: "MaximumSizeInBytes", Width: 18, Right: true}, {Label: "RecordCount", Width: 11, Right: true}, {Label: "LogName"}}},
	"System.Diagnostics.EventLogEntry": {Table: []powershell.Column{
		{Label: "Index", Width: 8, Right: true},
		{Label: "Time", Width: 13, Value: func(v any) any {
			return v.(*powershell.Object).Get("TimeGenerated").(time.Time).Format("Jan 02 15:04")
		}},
		{Label: "EntryType", Width: 11}, {Label: "Source", Width: 20}, {Label: "InstanceID", Property: "InstanceId", Width: 12, Right: true}, {Label: "Message"}}},
}
