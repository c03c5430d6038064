// SPDX-License-Identifier: GPL-2.0-only

// One bulk TCP flow between two hosts.
#include "measure.h"

using namespace ns3;

int
main(int argc, char* argv[])
{
    bench::Workload workload;
    uint32_t windowBytes = 0;
    CommandLine options(__FILE__);
    workload.AddTo(options);
    options.AddValue("windowBytes", "of the receiver", windowBytes);
    options.Parse(argc, argv);

    bench::ConfigureTcp(windowBytes);
    NodeContainer nodes(2);
    bench::InstallStack(nodes);
    const NetDeviceContainer devices = bench::Connect(nodes.Get(0), nodes.Get(1), workload);
    Ipv4AddressHelper addresses("10.0.0.0", "255.255.255.0");
    const Ipv4InterfaceContainer interfaces = addresses.Assign(devices);
    bench::StartFlow(nodes.Get(0), nodes.Get(1), interfaces.GetAddress(1));
    bench::RunAndReport(workload);
    Simulator::Destroy();
    return 0;
}
