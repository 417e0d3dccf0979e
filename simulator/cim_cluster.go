package simulator

import (
	"net"
	"slices"
	"strconv"

	"looksalive/cluster"
	"looksalive/simulator/wsman"
)

// root/MSCluster. The names and types are those of Microsoft's documentation of
// the cluster WMI provider; the values are taken from the answer to state.ps1.
func init() {
	define(nsCluster, "MSCluster_Cluster", `*Name Caption ClusterFunctionalLevel:uint32 ClusterUpgradeVersion:uint32 CreationClassName
		CrossSiteDelay:uint32 CrossSiteThreshold:uint32 CrossSubnetDelay:uint32 CrossSubnetThreshold:uint32 DynamicQuorumEnabled:uint32
		Fqdn PlumbAllCrossSubnetRoutes:uint32 QuarantineDuration:uint32 QuarantineThreshold:uint32 QuorumPath QuorumType QuorumTypeValue:uint32
		ResiliencyDefaultPeriod:uint32 ResiliencyLevel:uint32 RouteHistoryLength:uint32 S2DEnabled:uint32 SameSubnetDelay:uint32
		SameSubnetThreshold:uint32 SharedVolumesRoot Status WitnessDynamicWeight:uint32`, (*cimView).clusterRows)
	define(nsCluster, "MSCluster_Node", `*Name BuildNumber:uint32 Caption CreationClassName CSDVersion DynamicWeight:uint32 Id MajorVersion:uint32
		Manufacturer MinorVersion:uint32 Model NodeDrainStatus:uint32 NodeWeight:uint32 SerialNumber State:uint32 Status StatusInformation:uint32`, (*cimView).nodeRows)
	define(nsCluster, "MSCluster_FaultDomain", `*Id Description Location Name Type:uint32`, (*cimView).faultDomainRows)
	define(nsCluster, "MSCluster_Network", `*Name Address AddressMask AutoMetric:boolean Caption ID IPv4Addresses:string[] IPv4PrefixLengths:uint32[]
		IPv6Addresses:string[] IPv6PrefixLengths:uint32[] Metric:uint32 Role:uint32 State:uint32`, (*cimView).networkRows)
	define(nsCluster, "MSCluster_NetworkInterface", `*Name *SystemName Adapter Address Caption CreationClassName DhcpEnabled:uint32 IPv4Addresses:string[]
		Network Node State:uint32`, (*cimView).interfaceRows)
	define(nsCluster, "MSCluster_ResourceGroup", `*Name Caption GroupType:uint32 Id OwnerNode PersistentState:boolean Priority:uint32 State:uint32 StatusInformation:uint64`, (*cimView).groupRows)
	define(nsCluster, "MSCluster_Resource", `*Name Caption CoreResource:boolean Id IsClusterSharedVolume:boolean OwnerGroup OwnerNode ResourceClass:uint32
		State:uint32 Type`, (*cimView).resourceRows)
	define(nsCluster, "MSCluster_ClusterSharedVolume", `*Name BackupState:uint32 FaultState:uint32 VolumeName VolumeOffset:uint64`, (*cimView).volumeRows)
	define(nsCluster, "MSCluster_DiskPartition", `*Path FileSystem FreeSpace:uint64 Name PartitionNumber:uint32 TotalSize:uint64 VolumeGuid VolumeLabel`, (*cimView).partitionRows)
	define(nsCluster, "MSCluster_ClusterToQuorumResource", `*GroupComponent:reference *PartComponent:reference`, (*cimView).quorumRows)
	define(nsCluster, "MSCluster_ClusterSharedVolumeToResource", `*GroupComponent:reference *PartComponent:reference`, (*cimView).volumeResourceRows)
}

func clusterRef(class, name string) wsman.Reference {
	return wsman.Reference{Namespace: nsCluster, Class: class, Keys: []wsman.KeyValue{{Name: "Name", Value: name}}}
}

func (v *cimView) clusterRows() []row {
	s := v.state()
	return []row{{
		"Name": s.Name, "Caption": s.Name, "CreationClassName": "MSCluster_Cluster", "Fqdn": s.Name + "." + v.c.shape.Domain, "Status": "OK",
		"ClusterFunctionalLevel": s.ClusterFunctionalLevel, "ClusterUpgradeVersion": s.ClusterUpgradeVersion, "S2DEnabled": s.S2DEnabled,
		"DynamicQuorumEnabled": s.DynamicQuorumEnabled, "WitnessDynamicWeight": s.WitnessDynamicWeight,
		"QuorumType": quorumTypeName(s.QuorumTypeValue), "QuorumTypeValue": u32(s.QuorumTypeValue), "QuorumPath": s.QuorumPath,
		"SameSubnetDelay": s.SameSubnetDelay, "SameSubnetThreshold": s.SameSubnetThreshold, "CrossSubnetDelay": s.CrossSubnetDelay,
		"CrossSubnetThreshold": s.CrossSubnetThreshold, "CrossSiteDelay": s.CrossSiteDelay, "CrossSiteThreshold": s.CrossSiteThreshold,
		"RouteHistoryLength": s.RouteHistoryLength, "PlumbAllCrossSubnetRoutes": s.PlumbAllCrossSubnetRoutes,
		"ResiliencyLevel": s.ResiliencyLevel, "ResiliencyDefaultPeriod": s.ResiliencyDefaultPeriod,
		"QuarantineThreshold": s.QuarantineThreshold, "QuarantineDuration": s.QuarantineDuration, "SharedVolumesRoot": `C:\ClusterStorage`,
	}}
}

// quorumTypeName is MSCluster_Cluster.QuorumType for its QuorumTypeValue.
func quorumTypeName(n int) string {
	switch n {
	case 1, 4:
		return "Majority"
	case 2, 3:
		return "Node and Witness Majority"
	}
	return "Unknown"
}

func (v *cimView) nodeRows() []row {
	var out []row
	for _, n := range v.state().Nodes {
		out = append(out, row{
			"Name": n.Name, "Caption": n.Name, "CreationClassName": "MSCluster_Node", "Id": strconv.Itoa(n.Id), "State": u32(n.State),
			"StatusInformation": u32(n.StatusInformation), "NodeDrainStatus": u32(n.NodeDrainStatus), "NodeWeight": n.NodeWeight,
			"DynamicWeight": n.DynamicWeight, "MajorVersion": 10, "MinorVersion": 0, "BuildNumber": n.BuildNumber, "CSDVersion": "",
			"Manufacturer": n.Manufacturer, "Model": n.Model, "SerialNumber": n.SerialNumber, "Status": "OK",
		})
	}
	return out
}

// faultDomainRows are the sites (1000), racks (2000) and nodes (4000).
func (v *cimView) faultDomainRows() []row {
	var out []row
	add := func(kind int, name string) {
		if name == "" || slices.ContainsFunc(out, func(r row) bool { return r["Type"] == kind && r["Name"] == name }) {
			return
		}
		out = append(out, row{"Id": guid(v.c.seed, "fault domain", kind, name), "Name": name, "Type": kind, "Description": "", "Location": ""})
	}
	for _, n := range v.state().Nodes {
		add(1000, n.Site)
		add(2000, n.Rack)
		add(4000, n.Name)
	}
	return out
}

func (v *cimView) networkRows() []row {
	var out []row
	for _, n := range v.state().Networks {
		out = append(out, row{
			"Name": n.Name, "Caption": n.Name, "ID": n.Id, "State": u32(n.State), "Role": n.Role, "Metric": n.Metric, "AutoMetric": true,
			"Address": n.Address, "AddressMask": net.IP(net.CIDRMask(n.PrefixLength, 32)).String(),
			"IPv4Addresses": []string{n.Address}, "IPv4PrefixLengths": []int{n.PrefixLength},
		})
	}
	return out
}

func (v *cimView) interfaceRows() []row {
	var out []row
	for _, i := range v.state().Interfaces {
		out = append(out, row{
			"Name": i.Name, "Caption": i.Name, "CreationClassName": "MSCluster_NetworkInterface", "SystemName": i.Node, "Node": i.Node,
			"Network": i.Network, "Adapter": i.Adapter, "Address": i.Address, "IPv4Addresses": []string{i.Address}, "DhcpEnabled": 0, "State": u32(i.State),
		})
	}
	return out
}

func (v *cimView) groupRows() []row {
	var out []row
	for _, g := range v.state().Groups {
		out = append(out, row{
			"Name": g.Name, "Caption": g.Name, "Id": g.Id, "GroupType": u32(g.GroupType), "State": u32(g.State),
			"StatusInformation": g.StatusInformation, "OwnerNode": g.OwnerNode, "Priority": g.Priority, "PersistentState": g.State != int(cluster.GroupOffline),
		})
	}
	return out
}

func (v *cimView) resourceRows() []row {
	var out []row
	shared := map[string]bool{}
	for _, s := range v.state().Volumes {
		shared[s.Name] = true
	}
	for _, r := range v.state().Resources {
		class := 0
		if r.Type == "Physical Disk" {
			class = 1 // storage
		}
		out = append(out, row{
			"Name": r.Name, "Caption": r.Name, "Id": guid(v.c.seed, "resource", r.OwnerGroup, r.Name), "Type": r.Type, "State": u32(r.State),
			"OwnerGroup": r.OwnerGroup, "OwnerNode": r.OwnerNode, "CoreResource": r.CoreResource, "IsClusterSharedVolume": shared[r.Name], "ResourceClass": class,
		})
	}
	return out
}

// faultStates are MSCluster_ClusterSharedVolume.FaultState by the way of access:
// bits 1 no direct input and output, 2 no access, 8 dismounted.
var faultStates = map[int]int{
	int(cluster.VolumeDirect): 0, int(cluster.VolumeBlockRedirected): 1, int(cluster.VolumeFileSystemRedirected): 1,
	int(cluster.VolumePaused): 8, int(cluster.VolumeUnavailable): 2,
}

func (v *cimView) volumeRows() []row {
	var out []row
	for _, s := range v.state().Volumes {
		out = append(out, row{"Name": s.Path, "VolumeName": s.VolumeName, "FaultState": faultStates[s.WorstAccess], "BackupState": 0, "VolumeOffset": 135266304})
	}
	return out
}

func (v *cimView) partitionRows() []row {
	var out []row
	for i, s := range v.state().Volumes {
		out = append(out, row{
			"Path": s.VolumeName, "Name": s.Path, "VolumeGuid": s.VolumeName[len(`\\?\Volume{`) : len(s.VolumeName)-2], "VolumeLabel": v.c.volumes[i].Name,
			"FileSystem": s.FileSystem, "TotalSize": s.Size >> 20, "FreeSpace": s.Free >> 20, "PartitionNumber": 2,
		})
	}
	return out
}

func (v *cimView) quorumRows() []row {
	s := v.state()
	if s.WitnessResource == "" {
		return nil
	}
	return []row{{"GroupComponent": clusterRef("MSCluster_Cluster", s.Name), "PartComponent": clusterRef("MSCluster_Resource", s.WitnessResource)}}
}

func (v *cimView) volumeResourceRows() []row {
	var out []row
	for _, s := range v.state().Volumes {
		out = append(out, row{"GroupComponent": clusterRef("MSCluster_ClusterSharedVolume", s.Path), "PartComponent": clusterRef("MSCluster_Resource", s.Name)})
	}
	return out
}
