import 'lotus-crypto-diag/auto';
import './sdk';
