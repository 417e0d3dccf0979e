package simulator

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"looksalive/simulator/powershell"
	"looksalive/simulator/wsman"
)

// cimCmdlets ask WMI; the classes are those WS-Management clients can ask too.
func (s *console) cimCmdlets() []*powershell.Cmdlet {
	params := []powershell.Param{
		{Name: "ClassName", Aliases: []string{"Class"}, Kind: powershell.KindString, Position: 1}, {Name: "Filter", Kind: powershell.KindString}, {Name: "Property", Kind: powershell.KindStrings, Position: 2}, {Name: "Namespace", Kind: powershell.KindString},
		{Name: "Query", Kind: powershell.KindString}, {Name: "ComputerName", Aliases: []string{"CN"}, Kind: powershell.KindStrings}, {Name: "KeyOnly", Kind: powershell.KindSwitch},
	}
	return []*powershell.Cmdlet{
		{Name: "Get-CimInstance", Class: "Microsoft.Management.Infrastructure.CimCmdlets.GetCimInstanceCommand", Module: "CimCmdlets", Params: params, Process: s.getCim},
		{Name: "Get-WmiObject", Class: commandsClass + "GetWmiObjectCommand", Module: managementModule, Params: params, Process: s.getCim},
	}
}

func (s *console) getCim(call *powershell.Call) error {
	for _, name := range call.Texts("ComputerName") {
		if n := s.findNode(name); n != s.h.node && name != "." && !strings.EqualFold(name, "localhost") {
			return powershell.NewError(cimException, "HRESULT 0x8009030e", "AuthenticationError", name, "WinRM cannot process the request. The following error with errorcode 0x8009030e occurred while using Kerberos authentication: A specified logon session does not exist. It may already have been terminated. ")
		}
	}
	query := call.Text("Query")
	if query == "" {
		if !call.Has("ClassName") {
			return powershell.NewError("System.Management.Automation.ParameterBindingException", "MissingMandatoryParameter", "InvalidArgument", nil, "Cannot process command because of one or more missing mandatory parameters: ClassName.")
		}
		query = "SELECT * FROM " + call.Text("ClassName")
		if f := call.Text("Filter"); f != "" {
			query += " WHERE " + f
		}
	}
	space := call.Text("Namespace")
	if space == "" {
		space = nsCimv2
	}
	list, selected, err := wsman.Query(cimNode{s.h}, space, query)
	if err != nil {
		return cimFailure(err, space, call.Text("ClassName"))
	}
	if names := call.Texts("Property"); names != nil {
		selected = names
	}
	for _, i := range list {
		if err := call.Write(instanceObject(i, selected)); err != nil {
			return err
		}
	}
	return nil
}

func cimFailure(err error, space, class string) error {
	make := func(code uint32, category, message string) error {
		rec := powershell.NewError(cimException, fmt.Sprintf("HRESULT 0x%08x", code), category, nil, message)
		rec.Exception.HResult = int32(code)
		if class != "" {
			rec.TargetText = space + ":" + class + ":String"
		}
		return rec
	}
	var fail *wsman.CIMError
	switch {
	case errors.As(err, &fail):
		return make(fail.HRESULT, "NotSpecified", fail.Message)
	case errors.Is(err, wsman.ErrNoNamespace):
		return make(0x8004100e, "MetadataError", "Invalid namespace ")
	case errors.Is(err, wsman.ErrNoClass):
		return make(0x80041010, "MetadataError", "Invalid class ")
	}
	return make(0x80041017, "InvalidArgument", "Invalid query ")
}

// instanceObject is an instance as the cmdlet puts it out; properties that were
// not asked for are null.
func instanceObject(i wsman.Instance, selected []string) *powershell.Object {
	typ := "Microsoft.Management.Infrastructure.CimInstance#" + i.Class.Namespace + "/" + i.Class.Name
	o := powershell.NewObject(typ)
	o.Types = []string{typ, "Microsoft.Management.Infrastructure.CimInstance", "System.Object"}
	for n, p := range i.Class.Properties {
		var v any
		if selected == nil || anyFold(selected, p.Name) {
			v = cimValue(i.Values[n], p.Type, p.Array)
		}
		o.Add(powershell.Property{Name: p.Name, Value: v, Kind: "Property"})
	}
	o.Add(powershell.Property{Name: "PSComputerName", Kind: "NoteProperty"})
	first := i.Class.Name
	if len(i.Class.Keys) > 0 {
		first += fmt.Sprintf(" (%s = %q)", i.Class.Keys[0], fmt.Sprint(i.Value(i.Class.Keys[0])))
	}
	o.Text = func() string { return first }
	return o
}

// cimValue gives a value the .NET type of its CIM type.
func cimValue(v any, kind wsman.CIMType, array bool) any {
	if v == nil {
		return nil
	}
	r := reflect.ValueOf(v)
	if array && r.Kind() == reflect.Slice {
		out := make([]any, r.Len())
		for i := range out {
			out[i] = cimValue(r.Index(i).Interface(), kind, false)
		}
		return out
	}
	if r.CanInt() || r.CanUint() {
		var n uint64
		if r.CanInt() {
			n = uint64(r.Int())
		} else {
			n = r.Uint()
		}
		switch kind {
		case wsman.TypeUint8:
			return uint8(n)
		case wsman.TypeUint16:
			return uint16(n)
		case wsman.TypeUint32:
			return uint32(n)
		case wsman.TypeUint64:
			return n
		case wsman.TypeSint64:
			return int64(n)
		case wsman.TypeSint16:
			return int16(n)
		case wsman.TypeString:
			return fmt.Sprint(v)
		}
		return int(n)
	}
	switch v := v.(type) {
	case string, bool, float64, time.Time:
		return v
	}
	return fmt.Sprint(v)
}
