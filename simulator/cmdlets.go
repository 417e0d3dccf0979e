package simulator

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"looksalive/simulator/powershell"
)

// console is what PowerShell on a simulated node can see and do. Commands that
// change something do so by the same faults as the control page injects, so
// both show and both can undo it.
type console struct {
	h      *host
	table  map[string]*powershell.Cmdlet
	folder string // the current one; "" is the user's
}

// Names used by many cmdlets.
const (
	clusterModule    = "FailoverClusters"
	storageModule    = "Storage"
	managementModule = "Microsoft.PowerShell.Management"
	clusterClass     = "Microsoft.FailoverClusters.PowerShell."
	commandsClass    = "Microsoft.PowerShell.Commands."
)

func newConsole(h *host) *console {
	s := &console{h: h, table: map[string]*powershell.Cmdlet{}}
	for _, list := range [][]*powershell.Cmdlet{s.clusterCmdlets(), s.partCmdlets(), s.nodeCmdlets(), s.moveCmdlets(), s.serviceCmdlets(), s.storageCmdlets(), s.networkCmdlets(), s.eventCmdlets(), s.offlineCmdlets(), s.quorumCmdlets(), s.settingCmdlets(), s.logCmdlets(), s.perfCmdlets(), s.hyperVCmdlets(), s.repairCmdlets(), s.adapterCmdlets(), s.registryCmdlets(), s.powerCmdlets(), s.itemCmdlets(), s.cimCmdlets(), s.machineCmdlets(), s.fileCmdlets(), s.programs()} {
		for _, c := range list {
			if c.Module == clusterModule && (h.lacks(featureModule) || h.lacks(featureCluster)) {
				continue
			}
			c = s.guard(c)
			s.table[strings.ToLower(c.Name)] = c
		}
	}
	return s
}

// Command finds a cmdlet or program; name is lower case.
func (s *console) Command(name string) *powershell.Cmdlet {
	return s.table[strings.TrimSuffix(name, ".exe")]
}

// Commands lists their names.
func (s *console) Commands() []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(s.table)) {
		names = append(names, s.table[name].Name)
	}
	return names
}

var consoleAliases = map[string]string{
	"gsv": "Get-Service", "sasv": "Start-Service", "spsv": "Stop-Service", "gps": "Get-Process", "ps": "Get-Process", "gcim": "Get-CimInstance", "gwmi": "Get-WmiObject",
	"tnc": "Test-NetConnection", "gin": "Get-ComputerInfo", "ipmo": "Import-Module", "get-clusterperf": "Get-ClusterPerformanceHistory", "gp": "Get-ItemProperty", "gi": "Get-Item", "ni": "New-Item", "ri": "Remove-Item", "rm": "Remove-Item", "del": "Remove-Item", "pwd": "Get-Location", "gl": "Get-Location", "cd": "Set-Location", "sl": "Set-Location", "chdir": "Set-Location", "gpv": "Get-ItemPropertyValue", "gc": "Get-Content", "cat": "Get-Content", "type": "Get-Content", "dir": "Get-ChildItem", "ls": "Get-ChildItem", "gci": "Get-ChildItem",
}

// Alias is the cmdlet behind an alias.
func (s *console) Alias(name string) string { return consoleAliases[name] }

// Environment is a variable of the machine.
func (s *console) Environment(name string) (string, bool) {
	c := s.h.cluster
	domain, _, _ := strings.Cut(c.shape.Domain, ".")
	v, ok := map[string]string{
		"computername": strings.ToUpper(s.h.node.Name), "username": s.h.userName(), "userdomain": strings.ToUpper(domain), "userdnsdomain": strings.ToUpper(c.shape.Domain),
		"systemroot": `C:\Windows`, "windir": `C:\Windows`, "systemdrive": "C:", "temp": `C:\Users\` + user + `\AppData\Local\Temp`, "tmp": `C:\Users\` + user + `\AppData\Local\Temp`,
		"userprofile": `C:\Users\` + user, "programfiles": `C:\Program Files`, "programdata": `C:\ProgramData`, "os": "Windows_NT", "processor_architecture": "AMD64",
		"number_of_processors": fmt.Sprint(c.shape.Cores * 2),
	}[name]
	return v, ok
}

// View is how objects of a type are shown.
func (s *console) View(typeName string) *powershell.View {
	if v := views[typeName]; v != nil {
		return v
	}
	return eventViews[typeName]
}

// read asks the model. What f returns is written once the model is free again:
// a slow reader must not hold it up.
func (s *console) read(call *powershell.Call, f func(c *simCluster) ([]any, error)) error {
	list, err := s.locked(f)
	if err != nil {
		return err
	}
	return call.WriteAll(list)
}

func (s *console) locked(f func(c *simCluster) ([]any, error)) ([]any, error) {
	c, now := s.h.cluster, s.h.sim.opts.Now()
	s.h.sim.endDue(now)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.advance(now)
	return f(c)
}

// inCluster is read for what only a member of the cluster can tell.
func (s *console) inCluster(call *powershell.Call, f func(c *simCluster) ([]any, error)) error {
	if err := s.reachCluster(call); err != nil {
		return err
	}
	return s.read(call, func(c *simCluster) ([]any, error) {
		if err := s.notMember(c); err != nil {
			return nil, err
		}
		return f(c)
	})
}

// notMember is the error of the cluster cmdlets on a node that cannot answer.
func (s *console) notMember(c *simCluster) error {
	fail := c.memberError(s.h.node)
	if fail == nil {
		return nil
	}
	rec := clusterFailure("ConnectionError", "The cluster service is not running.  Make sure that the service is running on all nodes in the cluster.\r\n    "+strings.TrimSpace(fail.message))
	rec.Exception.HResult = fail.hresult
	return rec
}

// reachCluster looks at -Cluster: only the node's own cluster is in reach.
func (s *console) reachCluster(call *powershell.Call) error {
	name := call.Text("Cluster")
	own := s.h.cluster.shape
	if name == "" || name == "." || strings.EqualFold(name, own.Name) || strings.EqualFold(name, own.Name+"."+own.Domain) || s.findNode(name) != nil {
		return nil
	}
	return clusterFailure("ConnectionError", "Check the spelling of the cluster name. Otherwise, there might be a problem with your network. Make sure the cluster nodes are turned on and connected to the network or contact your network administrator.\r\n    The RPC server is unavailable")
}

func (s *console) findNode(name string) *simNode {
	short, _, _ := strings.Cut(name, ".")
	for _, n := range s.h.cluster.nodes {
		if strings.EqualFold(n.Name, short) {
			return n
		}
	}
	return nil
}

// clusterFailure is an error as the cluster cmdlets write it; its id is the
// cmdlet's name.
func clusterFailure(category, message string) *powershell.ErrorRecord {
	return powershell.NewError(clusterClass+"ClusterCmdletException", "", category, nil, message)
}

// failCluster writes a non-terminating one.
func failCluster(call *powershell.Call, name, message string) error {
	rec := clusterFailure("ObjectNotFound", message)
	rec.Target = name
	return call.Fail(rec)
}

// enum makes a .NET enumeration of one of the field's.
func enum[T interface {
	~int
	fmt.Stringer
}](typ string, v T) powershell.Enum {
	return powershell.Enum{Type: clusterClass + typ, Value: int64(v), Name: v.String()}
}

// nameParams are those of a cmdlet that finds objects by their names.
func nameParams(more ...powershell.Param) []powershell.Param {
	return append([]powershell.Param{
		{Name: "InputObject", Pipeline: true},
		{Name: "Name", Kind: powershell.KindStrings, Position: 1},
		{Name: "Cluster", Kind: powershell.KindString},
	}, more...)
}

// wanted are the names a call asks for: by -Name, or by what came through the
// pipeline, if that is a text.
func wanted(call *powershell.Call) []string {
	names := call.Texts("Name")
	if text, ok := call.Value("InputObject").(string); ok {
		names = append(names, text)
	}
	return names
}

// from is the pipeline's object if it is of the type.
func from(call *powershell.Call, typ string) *powershell.Object {
	if o, ok := call.Value("InputObject").(*powershell.Object); ok && o.TypeName() == clusterClass+typ {
		return o
	}
	return nil
}

// pick keeps the objects with one of the names, which may have wildcards; a
// plain name that fits nothing is an error.
func pick(call *powershell.Call, kind string, names []string, list []any) ([]any, error) {
	if len(names) == 0 {
		return list, nil
	}
	var out []any
	for _, name := range names {
		found := false
		for _, v := range list {
			if powershell.Wildcard(v.(*powershell.Object).String(), name) {
				out, found = append(out, v), true
			}
		}
		if !found && !strings.ContainsAny(name, "*?[") {
			missing := map[string]string{"node": "The cluster node was not found", "group": "The cluster group could not be found", "resource": "The cluster resource could not be found", "network": "The cluster network was not found",
				"network interface": "The cluster network interface was not found", "cluster shared volume": "The cluster resource could not be found"}[kind]
			if err := failCluster(call, name, fmt.Sprintf("An error occurred opening %s '%s'.\r\n    %s", kind, name, missing)); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}
