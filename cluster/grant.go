package cluster

import (
	"cmp"
	"slices"
	"strings"
)

// Grant is a right an account needs so that we can read something. Grants go from
// the least to the most.
type Grant int

const (
	GrantRemote     Grant = iota // sign in over WinRM
	GrantCluster                 // read the cluster
	GrantCounters                // read performance counters
	GrantServices                // read the services and the system's classes
	GrantNamespaces              // read WMI namespaces beyond root/cimv2
	GrantHyperV                  // read Hyper-V
	GrantAdmin                   // local administrator: where nothing less is known to work
)

var grants = words[Grant]{
	GrantRemote: "Remote Management Users", GrantCluster: "read access to the cluster", GrantCounters: "Performance Monitor Users",
	GrantServices: "read access to services", GrantNamespaces: "read access to WMI namespaces", GrantHyperV: "Hyper-V Administrators",
	GrantAdmin: "local Administrators",
}

func (g Grant) String() string { return grants.word(g) }

// AnyAccount stands in commands for the account we sign in with where it is not known.
const AnyAccount = `DOMAIN\account`

// Step is what an administrator does and types to give the right to an account, ""
// means AnyAccount.
//
// Sources: Grant-ClusterAccess and Enable-ServerManagerStandardUserRemoting are
// documented with their modules (FailoverClusters, ServerManager). The mask 0x21 is
// WBEM_ENABLE and WBEM_REMOTE_ACCESS of "Namespace Access Rights Constants" in the WMI
// SDK: what the security page of wmimgmt.msc calls Enable Account and Remote Enable.
func (g Grant) Step(account string) Step {
	who := Quote(cmp.Or(account, AnyAccount))
	join := func(group string) string { return "Add-LocalGroupMember -Group " + Quote(group) + " -Member " + who }
	switch g {
	case GrantRemote:
		return Step{"On every node: let it sign in over WinRM.", join("Remote Management Users")}
	case GrantCluster:
		return Step{"Once, on any node: let it read the cluster.", "Grant-ClusterAccess -User " + who + " -ReadOnly"}
	case GrantCounters:
		return Step{"On every node: let it read performance counters.", join("Performance Monitor Users")}
	case GrantServices:
		return Step{"On every node: let it read services and the system's classes (root/cimv2).", "Enable-ServerManagerStandardUserRemoting -User " + who + " -Force"}
	case GrantNamespaces:
		return Step{"On every node: let it read the WMI namespaces of the cluster, its storage and its adapters.", namespaceCommand(who)}
	case GrantHyperV:
		return Step{"On every node: let it read Hyper-V. This group can also change virtual machines: leave it out if the count of running ones is not worth that.", join("Hyper-V Administrators")}
	default:
		return Step{"On every node: make it a local administrator, if what is missing is worth that. Nothing less is known to be enough.", join("Administrators")}
	}
}

// namespaceCommand adds the account to what may be read, and changes nothing else.
func namespaceCommand(who string) string {
	return strings.ReplaceAll(`$sid = ([Security.Principal.NTAccount]ACCOUNT).Translate([Security.Principal.SecurityIdentifier])
foreach ($ns in 'root/MSCluster', 'root/Microsoft/Windows/Storage', 'root/StandardCimv2') {
  $old = Invoke-WmiMethod -Namespace $ns -Path '__SystemSecurity=@' -Name GetSD
  $sd = New-Object Security.AccessControl.CommonSecurityDescriptor $true, $false, ([byte[]]$old.SD), 0
  $sd.DiscretionaryAcl.AddAccess('Allow', $sid, 0x21, 'ContainerInherit', 'None')
  $new = New-Object byte[] $sd.BinaryLength
  $sd.GetBinaryForm($new, 0)
  [void](Invoke-WmiMethod -Namespace $ns -Path '__SystemSecurity=@' -Name SetSD -ArgumentList (, $new))
}`, "ACCOUNT", who)
}

// Missing is a part that cannot be read, for people.
type Missing struct {
	Part   string  // "storage/Drives", see Part
	Title  string  // "drives"
	Lost   string  // what is not known or not noticed without it, a sentence
	Grants []Grant // that are tried for it, the least first
}

// MissingPart says what it means that a part cannot be read. Of a part it does not
// know it says its name.
func MissingPart(part string) Missing {
	if m, ok := missing[part]; ok {
		m.Part = part
		return m
	}
	_, name, found := strings.Cut(part, "/")
	if !found {
		name = part
	}
	return Missing{Part: part, Title: name, Lost: "This part of the answer is not known.", Grants: []Grant{GrantAdmin}}
}

// GrantsFor lists the rights that are missing for all parts, each once.
func GrantsFor(parts []string) []Grant {
	var out []Grant
	for _, part := range parts {
		for _, g := range MissingPart(part).Grants {
			if !slices.Contains(out, g) {
				out = append(out, g)
			}
		}
	}
	slices.Sort(out)
	return out
}

// The names are those of the scripts (remoting/scripts); a test compares them.
var (
	readCluster = []Grant{GrantCluster, GrantNamespaces}
	readCounter = []Grant{GrantCounters, GrantServices}
	readSystem  = []Grant{GrantServices}
	// Which right lets an account read clustered storage is documented for the
	// Health Service alone: "should be a local Administrator".
	readStorage = []Grant{GrantCluster, GrantNamespaces, GrantAdmin}
	readAll     = []Grant{GrantAdmin}

	missing = map[string]Missing{
		"state/FaultDomains": {Title: "sites and racks", Lost: "Sites and racks of the nodes are not shown, and nodes at different sites are taken for neighbours.", Grants: readCluster},
		"state/Nodes":        {Title: "states and votes of the nodes", Lost: "A node that is down, isolated or quarantined is not noticed, and quorum is not known.", Grants: readCluster},
		"state/Networks":     {Title: "cluster networks", Lost: "A network that is down or partitioned is not noticed.", Grants: readCluster},
		"state/Interfaces":   {Title: "adapters on the cluster networks", Lost: "An adapter that failed is not noticed.", Grants: readCluster},
		"state/Groups":       {Title: "roles and virtual machines", Lost: "A role that failed is not noticed, and no virtual machine is shown.", Grants: readCluster},
		"state/Resources":    {Title: "resources", Lost: "A resource that failed is not noticed.", Grants: readCluster},
		"state/Witness":      {Title: "witness", Lost: "Which resource is the witness is guessed by its type.", Grants: readCluster},
		"state/VolumeAccess": {Title: "each node's access to the shared volumes", Lost: "How nodes reach the volumes is taken from a coarser sign.", Grants: readCluster},
		"state/Volumes":      {Title: "cluster shared volumes", Lost: "A volume that fills or is offline is not noticed.", Grants: readCluster},

		"storage/Pools":        {Title: "storage pools", Lost: "A pool that is degraded or read-only is not noticed.", Grants: readStorage},
		"storage/VirtualDisks": {Title: "virtual disks", Lost: "Lost copies of data are not noticed, and survivability does not count them.", Grants: readStorage},
		"storage/DriveNodes":   {Title: "which node a drive is in", Lost: "Drives are shown without their node.", Grants: readStorage},
		"storage/Drives":       {Title: "drives", Lost: "A drive that fails is not noticed.", Grants: readStorage},
		"storage/Jobs":         {Title: "storage jobs", Lost: "Repair under way is not shown.", Grants: readStorage},
		"storage/Faults":       {Title: "faults of the Health Service", Lost: "What the cluster's own Health Service reports is not shown.", Grants: readAll},

		"vitals/OperatingSystem": {Title: "memory and start time", Lost: "Memory in use is not known, and survivability does not count it.", Grants: readSystem},
		"vitals/ComputerSystem":  {Title: "number of processors", Lost: "The number of logical processors is not known.", Grants: readSystem},
		"vitals/Processor":       {Title: "processor load", Lost: "CPU is not known.", Grants: readCounter},
		"vitals/SharedVolumes":   {Title: "load of the shared volumes", Lost: "Slow storage is not noticed.", Grants: readCounter},
		"vitals/VirtualMachines": {Title: "count of running virtual machines", Lost: "Only the cluster's count of virtual machines is known.", Grants: []Grant{GrantHyperV}},
		"vitals/Adapters":        {Title: "load of the adapters", Lost: "Network traffic is not known.", Grants: readCounter},
		"vitals/Services":        {Title: "services", Lost: "A service that stopped is not noticed.", Grants: readSystem},

		"inventory/OperatingSystem": {Title: "operating system", Lost: "Name and version of the system are not known.", Grants: readSystem},
		"inventory/ComputerSystem":  {Title: "hardware", Lost: "Model, memory and domain are not known.", Grants: readSystem},
		"inventory/BIOS":            {Title: "serial number and firmware", Lost: "Serial number and firmware version are not known.", Grants: readSystem},
		"inventory/Processor":       {Title: "processors", Lost: "Processors and cores are not known.", Grants: readSystem},
		"inventory/Revision":        {Title: "update revision", Lost: "The build is shown without its update revision.", Grants: readAll},
		"inventory/ClockSource":     {Title: "clock source", Lost: "Where the node takes its time from is not known.", Grants: readAll},
		"inventory/Listeners":       {Title: "WinRM listeners", Lost: "Which certificate WinRM uses is not known.", Grants: readAll},
		"inventory/Certificates":    {Title: "certificates", Lost: "A certificate that expires is not noticed.", Grants: readAll},
		"inventory/Adapters":        {Title: "physical adapters", Lost: "Drivers and addresses of the adapters are not known.", Grants: []Grant{GrantNamespaces}},
	}
)
