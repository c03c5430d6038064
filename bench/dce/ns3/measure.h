// SPDX-License-Identifier: GPL-2.0-only

// What the ns-3 programs share: links, frames that arrive, and the wall time of the part of a run that counts.
#ifndef BENCH_DCE_NS3_MEASURE_H
#define BENCH_DCE_NS3_MEASURE_H

#include <sys/resource.h>

#include <chrono>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "ns3/applications-module.h"
#include "ns3/core-module.h"
#include "ns3/internet-module.h"
#include "ns3/network-module.h"
#include "ns3/point-to-point-module.h"
#include "ns3/traffic-control-module.h"

namespace bench
{

// Frames that the far end of a link has received whole.
inline uint64_t g_frames = 0;

inline void
CountFrame(ns3::Ptr<const ns3::Packet>)
{
    g_frames++;
}

inline void
CountFramesOf(const ns3::NetDeviceContainer& devices)
{
    for (uint32_t i = 0; i < devices.GetN(); i++)
    {
        devices.Get(i)->TraceConnectWithoutContext("PhyRxEnd", ns3::MakeCallback(&CountFrame));
    }
}

// A stack with IPv4 alone, and the queueing discipline that a Linux device has.
inline void
InstallStack(const ns3::NodeContainer& nodes)
{
    ns3::InternetStackHelper stack;
    stack.SetIpv6StackInstall(false);
    stack.Install(nodes);
}

// What every program is told; names and values are those of bench/dce/workloads.ts.
struct Workload
{
    uint32_t hosts = 0;
    double rateBitsPerSecond = 0;
    double delayMs = 0;
    double warmUpSeconds = 0;
    double seconds = 0;

    void AddTo(ns3::CommandLine& options)
    {
        options.AddValue("hosts", "in all", hosts);
        options.AddValue("rateBitsPerSecond", "of each link", rateBitsPerSecond);
        options.AddValue("delayMs", "of each link", delayMs);
        options.AddValue("warmUpSeconds", "simulated before those that count", warmUpSeconds);
        options.AddValue("seconds", "simulated that count", seconds);
    }
};

inline ns3::NetDeviceContainer
Connect(ns3::Ptr<ns3::Node> a, ns3::Ptr<ns3::Node> b, const Workload& workload)
{
    const auto rate = static_cast<uint64_t>(workload.rateBitsPerSecond);
    ns3::PointToPointHelper link;
    link.SetDeviceAttribute("DataRate", ns3::DataRateValue(ns3::DataRate(rate)));
    link.SetDeviceAttribute("Mtu", ns3::UintegerValue(1500));
    link.SetChannelAttribute("Delay",
                             ns3::TimeValue(ns3::MicroSeconds(workload.delayMs * 1000)));
    link.SetQueue("ns3::DropTailQueue<Packet>", "MaxSize", ns3::StringValue("1000p"));
    ns3::NetDeviceContainer devices = link.Install(a, b);
    ns3::TrafficControlHelper qdisc;
    qdisc.SetRootQueueDisc("ns3::PfifoFastQueueDisc");
    qdisc.Install(devices);
    CountFramesOf(devices);
    return devices;
}

// What this process has taken of processors.
inline double
CpuSeconds()
{
    rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) { return time.tv_sec + time.tv_usec / 1e6; };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Runs for the warm-up, then for what counts, and prints what that gave.
inline void
RunAndReport(const Workload& workload)
{
    ns3::Simulator::Stop(ns3::Seconds(workload.warmUpSeconds));
    ns3::Simulator::Run();
    const uint64_t framesBefore = g_frames;
    ns3::Simulator::Stop(ns3::Seconds(workload.seconds));
    const double cpuBefore = CpuSeconds();
    const auto start = std::chrono::steady_clock::now();
    ns3::Simulator::Run();
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
    std::printf("{\"frames\": %" PRIu64
                ", \"simSeconds\": %g, \"wallSeconds\": %g, \"cpuSeconds\": %g}\n",
                g_frames - framesBefore,
                workload.seconds,
                wall.count(),
                CpuSeconds() - cpuBefore);
}

// TCP as Linux has it by default: cubic, full segments with timestamps, and a window that its receiver gives.
inline void
ConfigureTcp(uint32_t windowBytes)
{
    using namespace ns3;
    Config::SetDefault("ns3::TcpL4Protocol::SocketType", StringValue("ns3::TcpCubic"));
    Config::SetDefault("ns3::TcpSocket::SegmentSize", UintegerValue(1448));
    Config::SetDefault("ns3::TcpSocket::RcvBufSize", UintegerValue(windowBytes));
    Config::SetDefault("ns3::TcpSocket::SndBufSize", UintegerValue(4 * windowBytes));
}

// A TCP flow without an end between two neighbours.
inline void
StartFlow(ns3::Ptr<ns3::Node> from, ns3::Ptr<ns3::Node> to, ns3::Ipv4Address address)
{
    using namespace ns3;
    const uint16_t port = 5001;
    PacketSinkHelper sink("ns3::TcpSocketFactory", InetSocketAddress(Ipv4Address::GetAny(), port));
    sink.Install(to).Start(Seconds(0));
    BulkSendHelper source("ns3::TcpSocketFactory", InetSocketAddress(address, port));
    source.SetAttribute("SendSize", UintegerValue(65536));
    source.Install(from).Start(Seconds(0.01));
}

} // namespace bench

#endif
