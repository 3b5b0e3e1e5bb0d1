// Main loop of OpenBLAS's process. It reads lines "m n k ta tb ms", runs cblas_sgemm (or cblas_dgemm with -DDOUBLE) with that shape for ms
// milliseconds, and prints the shortest time of a call in nanoseconds. measure in gemm.go does the same for Lamina.
#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#ifdef DOUBLE
typedef double element;
#define GEMM cblas_dgemm
#else
typedef float element;
#define GEMM cblas_sgemm
#endif

static double now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static element *matrix(size_t n) {
	element *p = aligned_alloc(64, (n * sizeof *p + 63) / 64 * 64);
	for (size_t i = 0; i < n; i++)
		p[i] = (element)(i % 17) - 8;
	return p;
}

int main(void) {
	int m, n, k, ta, tb;
	double ms;
	fprintf(stderr, "%s\n", openblas_get_config());
	while (scanf("%d %d %d %d %d %lf", &m, &n, &k, &ta, &tb, &ms) == 6) {
		element *a = matrix((size_t)m * k), *b = matrix((size_t)k * n), *c = matrix((size_t)m * n);
		double best = 1e18, end = now() + ms * 1e6;
		int calls = 1;
		for (int sample = 0; sample < 2 || now() < end; sample++) {
			double start = now();
			for (int i = 0; i < calls; i++)
				GEMM(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, m, n, k, 1, a, ta ? m : k, b,
				     tb ? k : n, 0, c, n);
			double t = now() - start;
			if (t < 2e4) { // too short for the clock
				calls *= 2;
				continue;
			}
			if (t / calls < best)
				best = t / calls;
		}
		printf("%.1f\n", best);
		fflush(stdout);
		free(a);
		free(b);
		free(c);
	}
	return 0;
}
