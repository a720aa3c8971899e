package redisstore_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/token"
	"github.com/wechatkit/wechat/token/tokentest"
)

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	require.Eventually(t, ok, patience, 20*time.Millisecond, what)
}

// setting is several servers that see to a failover themselves.
type setting struct {
	addrs           []string
	name            string // of the master, where Sentinels watch it
	master, replica *server
}

func (s setting) client(t *testing.T) redis.UniversalClient {
	rdb := redis.NewUniversalClient(&redis.UniversalOptions{Addrs: s.addrs, MasterName: s.name})
	t.Cleanup(func() { _ = rdb.Close() })
	return rdb
}

// settings by name. The master is the one that keeps key.
var settings = map[string]func(t *testing.T, key string) setting{"Sentinel": startSentinels, "Cluster": startCluster}

// startSentinels starts a master, its replica, and three Sentinels of which two must agree.
func startSentinels(t *testing.T, _ string) setting {
	t.Helper()
	s := setting{name: "main", master: startRedis(t)}
	s.replica = startRedis(t, "--replicaof", "127.0.0.1", s.master.port)
	inSync(t, s.replica)
	var sentinels []*server
	for range 3 {
		conf := filepath.Join(t.TempDir(), "sentinel.conf")
		require.NoError(t, os.WriteFile(conf, fmt.Appendf(nil, "sentinel monitor main 127.0.0.1 %s 2\n"+
			"sentinel down-after-milliseconds main 500\nsentinel failover-timeout main 5000\n", s.master.port), 0o600))
		one := startRedis(t, conf)
		sentinels, s.addrs = append(sentinels, one), append(s.addrs, one.addr())
	}
	for _, one := range sentinels {
		eventually(t, "Sentinel knows the others", func() bool {
			replicas, err := one.client().Do(t.Context(), "SENTINEL", "REPLICAS", "main").Slice()
			others, err2 := one.client().Do(t.Context(), "SENTINEL", "SENTINELS", "main").Slice()
			return err == nil && err2 == nil && len(replicas) == 1 && len(others) == 2
		})
	}
	return s
}

// startCluster starts three masters, and a replica of the one that keeps key.
func startCluster(t *testing.T, key string) setting {
	t.Helper()
	var s setting
	var nodes []*server
	for range 4 {
		one := startRedis(t, "--cluster-enabled", "yes", "--cluster-node-timeout", "1500")
		nodes, s.addrs = append(nodes, one), append(s.addrs, one.addr())
	}
	slot := nodes[0].client().ClusterKeySlot(t.Context(), key).Val()
	for i, last := range []int64{5460, 10922, 16383} {
		first := []int64{0, 5461, 10923}[i]
		nodes[i].do("CLUSTER", "ADDSLOTSRANGE", first, last)
		nodes[i].do("CLUSTER", "SET-CONFIG-EPOCH", i+1)
		if first <= slot && slot <= last {
			s.master = nodes[i]
		}
	}
	for _, one := range nodes[1:] {
		one.do("CLUSTER", "MEET", "127.0.0.1", nodes[0].port)
	}
	for _, one := range nodes {
		eventually(t, "the nodes know each other", func() bool {
			info := one.client().ClusterInfo(t.Context()).Val()
			return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_known_nodes:4")
		})
	}
	id, err := s.master.client().Do(t.Context(), "CLUSTER", "MYID").Text()
	require.NoError(t, err)
	s.replica = nodes[3]
	s.replica.do("CLUSTER", "REPLICATE", id)
	inSync(t, s.replica)
	return s
}

func inSync(t *testing.T, replica *server) {
	t.Helper()
	eventually(t, "the replica is in sync", func() bool {
		return strings.Contains(replica.client().Info(t.Context(), "replication").Val(), "master_link_status:up")
	})
}

// failedOver reports whether the replica has taken over.
func (s setting) failedOver(t *testing.T) bool {
	return strings.Contains(s.replica.client().Info(t.Context(), "replication").Val(), "role:master")
}

func TestClientsKeepTheContract(t *testing.T) {
	t.Parallel()
	for name, start := range settings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rdb := start(t, "").client(t)
			require.NoError(t, tokentest.CheckStore(t.Context(), newStore(t, rdb)))
			s := newStore(t, rdb)
			for i := range 30 { // accounts on all nodes of a Cluster
				key := fmt.Sprintf("wechat:token:{wx%d}:stable", i)
				l, err := s.TryLock(t.Context(), key, time.Minute)
				require.NoError(t, err)
				require.NotNil(t, l)
				woken := make(chan error, 1)
				go func() { woken <- s.AwaitUnlock(t.Context(), key) }()
				_, err = s.Save(t.Context(), key, fresh(key, 0, time.Hour), "")
				require.NoError(t, err)
				require.NoError(t, l.Unlock(t.Context()))
				require.NoError(t, <-woken)
				got, err := s.Load(t.Context(), key)
				require.NoError(t, err)
				require.Equal(t, token.Secret(key), got.Value)
			}
		})
	}
}

// The master dies amid the sends of all processes, and a token is revoked while nobody can write.
func TestFailoverAmidTraffic(t *testing.T) {
	t.Parallel()
	for name, startServers := range settings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleetWithoutRedis(t, token.Stable)
			s := startServers(t, f.setup.key())
			f.setup.Redis, f.setup.Master = s.addrs, s.name
			f.setup.StoreTimeout = 3 * time.Second // a busy machine is no outage
			f.launch(fleetSize)
			require.Zero(t, f.everywhere(order{Goroutines: 1, Each: 1}).Failed)
			require.Equal(t, 1, f.wx.TokenCalls())
			eventually(t, "the replica has the token", func() bool {
				return s.replica.client().DBSize(t.Context()).Val() >= 1
			})

			start := time.Now()
			during := f.amid(func() {
				s.master.kill()
				f.flows()
				f.wx.Revoke(f.app)
				eventually(t, "the replica takes over", func() bool { return s.failedOver(t) })
			})
			took := time.Since(start)
			calls := f.wx.TokenCalls() - 1
			for until := time.Now().Add(patience); f.everywhere(order{Look: true}).Err != ""; {
				require.True(t, time.Now().Before(until), "the processes do not find the new master")
			}
			after := f.amid(func() { f.wx.Revoke(f.app) })
			again := f.wx.TokenCalls() - 1 - calls
			t.Logf("%s failed over in %v: %d sent, %d failed, %d upstream calls; then %d sent, %d failed, %d upstream calls; slowest %v",
				name, took.Round(time.Millisecond), during.Sent, during.Failed, calls, after.Sent, after.Failed, again,
				max(during.Slowest, after.Slowest).Round(time.Millisecond))
			require.Zero(t, during.Failed, during.Err)
			require.Zero(t, after.Failed, after.Err)
			require.LessOrEqual(t, calls, fleetSize)
			require.Equal(t, 1, again, "shared again, without a restart")
		})
	}
}
