package sde

// philox is Philox 4×32-10, a counter-based generator (Salmon et al. 2011, Parallel random numbers: as easy as 1, 2,
// 3): the numbers that belong to a counter are a function of it and of the key, so that they can be had in any order.
func philox(key uint64, c0, c1, c2, c3 uint32) (uint32, uint32, uint32, uint32) {
	const m0, m1 = 0xD2511F53, 0xCD9E8D57
	const w0, w1 = 0x9E3779B9, 0xBB67AE85
	k0, k1 := uint32(key), uint32(key>>32)
	for range 10 {
		p0, p1 := m0*uint64(c0), m1*uint64(c2)
		c0, c1, c2, c3 = uint32(p1>>32)^c1^k0, uint32(p1), uint32(p0>>32)^c3^k1, uint32(p0)
		k0 += w0
		k1 += w1
	}
	return c0, c1, c2, c3
}
